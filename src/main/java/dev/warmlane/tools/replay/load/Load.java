package dev.warmlane.tools.replay.load;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.WrongArgumentException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

    /** Some thirty years. Nanoseconds of it can be added up, and what responses take comes on top. */
    private static final double MOST_SECONDS = 1e9;

    public Load {
        arrivals = List.copyOf(arrivals);
        WrongArgumentException.check(!arrivals.isEmpty(), "load " + name, "0 requests", ">= 1");
    }

    /**
     * The same requests in less time.
     *
     * @param speed how many times as fast they arrive, and follow upon responses; > 0, and so that an end can be reached
     */
    public Load atSpeed(double speed) {
        WrongArgumentException.positive("speed", speed);
        double seconds =
                arrivals.stream().mapToDouble(LoadRequest::spanNanos).max().orElseThrow() / 1e9;
        WrongArgumentException.check(
                seconds / speed <= MOST_SECONDS,
                "speed",
                speed,
                "at least %.1g, for a load of %.0f s".formatted(seconds / MOST_SECONDS, seconds));
        return new Load(
                name, arrivals.stream().map(request -> request.atSpeed(speed)).toList());
    }

    /** What it is called in reports where it is replayed at this speed. */
    public String label(double speed) {
        return "%s x%s"
                .formatted(name, BigDecimal.valueOf(speed).stripTrailingZeros().toPlainString());
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
        WrongArgumentException.atLeast("system tokens", systemTokens, 0);
        WrongArgumentException.atLeast("question tokens", questionTokens, 1);
        WrongArgumentException.atLeast("output tokens", outputTokens, 1);
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

    /**
     * One request of a load. Immutable.
     *
     * @param delayNanos when it comes: after the start of the load, or for a later turn after the end of the one before; >= 0
     * @param session the conversation it belongs to; >= 0
     * @param promptTokens at least 1
     * @param outputTokens at least 1
     * @param blockHashes chained hashes of full blocks of the prompt, and of blocks that the response fills where a later prompt
     *     contains them; for reading only
     * @param adapter the LoRA adapter that it asks for; null for none
     * @param next the next turn of the conversation, which waits for this one's response
     * @param branches the first turns of what this one's response starts beside the next turn, such as sub-agents
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record LoadRequest(
            long delayNanos,
            int session,
            int promptTokens,
            int outputTokens,
            long[] blockHashes,
            @Nullable String adapter,
            @Nullable LoadRequest next,
            List<LoadRequest> branches) {
        /** Bytes of prompt for each token: what a gateway assumes until it has learned better, and here always true. */
        public static final int BYTES_PER_TOKEN = 4;

        public LoadRequest {
            WrongArgumentException.atLeast("prompt tokens", promptTokens, 1);
            WrongArgumentException.atLeast("output tokens", outputTokens, 1);
            branches = List.copyOf(branches);
        }

        /** A request for the base model. */
        public LoadRequest(
                long delayNanos,
                int session,
                int promptTokens,
                int outputTokens,
                long[] blockHashes,
                @Nullable LoadRequest next,
                List<LoadRequest> branches) {
            this(delayNanos, session, promptTokens, outputTokens, blockHashes, null, next, branches);
        }

        /** A request that starts nothing beside the next turn. */
        public LoadRequest(
                long delayNanos,
                int session,
                int promptTokens,
                int outputTokens,
                long[] blockHashes,
                @Nullable LoadRequest next) {
            this(delayNanos, session, promptTokens, outputTokens, blockHashes, next, List.of());
        }

        /** This request and all that follow upon it. */
        Stream<LoadRequest> all() {
            return Stream.iterate(this, Objects::nonNull, LoadRequest::next)
                    .flatMap(turn -> Stream.concat(
                            Stream.of(turn), turn.branches.stream().flatMap(LoadRequest::all)));
        }

        /** The requests that this one's response starts: the next turn first. */
        public List<LoadRequest> followers() {
            if (next == null) {
                return branches;
            }
            return Stream.concat(Stream.of(next), branches.stream()).toList();
        }

        /** The prompt as a gateway sees it; made anew by each call. */
        public PromptBlocks prompt() {
            return PromptBlocks.of(
                    Arrays.copyOf(blockHashes, promptTokens / Load.BLOCK_SIZE_TOKENS),
                    Load.BLOCK_SIZE_TOKENS * BYTES_PER_TOKEN,
                    (long) promptTokens * BYTES_PER_TOKEN);
        }

        /** When the last of these requests would come if responses took no time. */
        private double spanNanos() {
            double now = 0;
            double last = 0;
            for (LoadRequest turn = this; turn != null; turn = turn.next) {
                now += turn.delayNanos;
                for (LoadRequest branch : turn.branches) {
                    last = Math.max(last, now + branch.spanNanos());
                }
            }
            return Math.max(last, now);
        }

        LoadRequest atSpeed(double speed) {
            LoadRequest faster = next == null ? null : next.atSpeed(speed);
            List<LoadRequest> fasterBranches =
                    branches.stream().map(branch -> branch.atSpeed(speed)).toList();
            long delay = Math.round(delayNanos / speed);
            return new LoadRequest(
                    delay, session, promptTokens, outputTokens, blockHashes, adapter, faster, fasterBranches);
        }
    }
}
