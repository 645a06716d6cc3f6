package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

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
        Arguments.check(!arrivals.isEmpty(), "load " + name, "0 requests", ">= 1");
    }

    /**
     * The same requests in less time.
     *
     * @param speed how many times as fast they arrive, and follow upon responses; > 0
     */
    public Load atSpeed(double speed) {
        Arguments.positive("speed", speed);
        return new Load(
                name, arrivals.stream().map(request -> request.atSpeed(speed)).toList());
    }

    /** How many requests there are, later turns included. */
    public int size() {
        return (int) requests().count();
    }

    /** Tokens of the longest prompt with its response. */
    public int longestTokens() {
        return requests()
                .mapToInt(request -> request.promptTokens() + request.outputTokens())
                .max()
                .orElseThrow();
    }

    private Stream<LoadRequest> requests() {
        return arrivals.stream().flatMap(LoadRequest::all);
    }

    /** Where the requests of a replay come from. Reading twice gives the same load. */
    public interface Source {
        /**
         * All requests.
         *
         * @throws IOException if the source cannot be read
         * @throws IllegalArgumentException naming the place, the value and what was expected, if it makes no sense
         */
        Load read() throws IOException;
    }
}
