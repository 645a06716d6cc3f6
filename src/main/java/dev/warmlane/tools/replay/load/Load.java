package dev.warmlane.tools.replay.load;

import java.util.List;

/**
 * Requests in the order of their arrival. Later turns of a conversation hang on the turn before them, since they come only
 * after its response. Immutable.
 *
 * @param name for reports
 * @param arrivals the requests that wait for no response, earliest first
 */
public record Load(String name, List<LoadRequest> arrivals) {
    /** Tokens in a block of every load, as in the public traces. */
    public static final int BLOCK_SIZE_TOKENS = 512;

    public Load {
        arrivals = List.copyOf(arrivals);
        if (arrivals.isEmpty()) {
            throw new IllegalArgumentException("load %s: 0 requests (expected: >= 1)".formatted(name));
        }
    }

    /**
     * The same requests in less time.
     *
     * @param speed how many times as fast they arrive, and follow upon answers; > 0
     */
    public Load atSpeed(double speed) {
        if (!(speed > 0 && speed < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("speed: %s (expected: > 0)".formatted(speed));
        }
        return new Load(
                name, arrivals.stream().map(request -> request.atSpeed(speed)).toList());
    }

    /** How many requests there are, later turns included. */
    public int size() {
        int size = 0;
        for (LoadRequest first : arrivals) {
            for (LoadRequest turn = first; turn != null; turn = turn.next()) {
                size++;
            }
        }
        return size;
    }

    /** Tokens of the longest prompt with its response. */
    public int longestTokens() {
        int longest = 0;
        for (LoadRequest first : arrivals) {
            for (LoadRequest turn = first; turn != null; turn = turn.next()) {
                longest = Math.max(longest, turn.promptTokens() + turn.outputTokens());
            }
        }
        return longest;
    }
}
