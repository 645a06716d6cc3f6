package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
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

    /** Checks the lengths of prompts and responses that are made up. */
    static void checkTokens(int systemTokens, int questionTokens, int outputTokens) {
        Arguments.atLeast("system tokens", systemTokens, 0);
        Arguments.atLeast("question tokens", questionTokens, 1);
        Arguments.atLeast("output tokens", outputTokens, 1);
    }

    /** An exponentially distributed number with mean 1, as between the events of a Poisson process with one event a second. */
    static double exponential(SplittableRandom random) {
        return -Math.log(1 - random.nextDouble());
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

    /** Makes chained block hashes for prompts that do not exist. A text is told by a family and its number in there. */
    static final class BlockChain {
        private BlockChain() {}

        /** The hashes of the full blocks of a text that begins with tokens of a shared one and goes on with its own. */
        static long[] hashes(int tokens, int sharedTokens, long sharedFamily, long shared, long ownFamily, long own) {
            long[] hashes = new long[tokens / Load.BLOCK_SIZE_TOKENS];
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = i < sharedTokens / Load.BLOCK_SIZE_TOKENS
                        ? hash(sharedFamily, shared, i)
                        : hash(ownFamily, own, i);
            }
            return hashes;
        }

        /** The hash of block {@code index} of a text. */
        static long hash(long family, long number, int index) {
            return mix(mix(mix(family) + number) + index);
        }

        /** Spreads consecutive numbers over all 64 bits. */
        private static long mix(long value) {
            return new SplittableRandom(value).nextLong();
        }
    }
}
