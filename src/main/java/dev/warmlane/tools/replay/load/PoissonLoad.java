package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Generated requests that wait for no response: they arrive as a Poisson process. Constants that name families are of {@link BlockChain}. */
public sealed interface PoissonLoad extends Load.Source {
    /**
     * The requests of so many events.
     *
     * @param arriving the requests of one, by its number and its time in seconds, which is drawn before anything that this draws
     */
    private static List<LoadRequest> arrivals(
            int events,
            double eventsPerSecond,
            SplittableRandom random,
            BiFunction<Integer, Double, Stream<LoadRequest>> arriving) {
        List<LoadRequest> arrivals = new ArrayList<>(events);
        double seconds = 0;
        for (int number = 0; number < events; number++) {
            seconds += Load.exponential(random) / eventsPerSecond;
            arriving.apply(number, seconds).forEach(arrivals::add);
        }
        return arrivals;
    }

    /**
     * Groups of prompts that share a long beginning, such as tenants with their own system prompts. Every prompt is a session of
     * its own that is asked again and again and gets the same response, as without sampling; arrivals are a Poisson process and draw the
     * prompts at random.
     *
     * @param groups how many groups; at least 1
     * @param promptsPerGroup different prompts in each; at least 1
     * @param systemTokens tokens that the prompts of a group share; at least 0
     * @param questionTokens tokens of a prompt's own; at least 1
     * @param outputTokens tokens of every response; at least 1
     * @param requestsPerSecond mean rate of arrivals; > 0
     * @param requests how many in all; at least 1
     * @param seed of arrival times and order
     */
    record SharedPrefixLoad(
            int groups,
            int promptsPerGroup,
            int systemTokens,
            int questionTokens,
            int outputTokens,
            double requestsPerSecond,
            int requests,
            long seed)
            implements PoissonLoad {

        private static final long SYSTEM = 1;
        private static final long QUESTION = 2;

        public SharedPrefixLoad {
            WrongArgumentException.atLeast("groups", groups, 1);
            WrongArgumentException.atLeast("prompts", promptsPerGroup, 1);
            Load.checkTokens(systemTokens, questionTokens, outputTokens);
            WrongArgumentException.positive("rate", requestsPerSecond);
            WrongArgumentException.atLeast("requests", requests, 1);
        }

        @Override
        public Load read() {
            SplittableRandom random = new SplittableRandom(seed);
            return new Load(
                    "shared-prefix",
                    PoissonLoad.arrivals(
                            requests,
                            requestsPerSecond,
                            random,
                            (number, seconds) -> Stream.of(
                                    request((long) (seconds * 1e9), random.nextInt(groups * promptsPerGroup)))));
        }

        private LoadRequest request(long arrivalNanos, int prompt) {
            int tokens = systemTokens + questionTokens;
            int group = prompt / promptsPerGroup;
            long[] hashes = BlockChain.hashes(tokens + outputTokens, systemTokens, SYSTEM, group, QUESTION, prompt);
            return new LoadRequest(arrivalNanos, prompt, tokens, outputTokens, hashes, null);
        }
    }

    /**
     * Adapters of one model, of which few are asked for often and many seldom: the r-th has 1/r of the first one's requests. Those
     * of an adapter begin with its system prompt, which is cached for each adapter apart; every request is a session of its own.
     *
     * @param adapters how many; at least 1
     * @param systemTokens tokens that an adapter's prompts share; at least 0
     * @param questionTokens tokens of a prompt's own; at least 1
     * @param outputTokens tokens of every response; at least 1
     * @param requestsPerSecond mean rate of the Poisson process; > 0
     * @param requests how many in all; at least 1
     * @param seed of arrival times and order
     */
    record AdaptersLoad(
            int adapters,
            int systemTokens,
            int questionTokens,
            int outputTokens,
            double requestsPerSecond,
            int requests,
            long seed)
            implements PoissonLoad {

        private static final long SYSTEM = 13;

        private static final long QUESTION = 14;

        public AdaptersLoad {
            WrongArgumentException.atLeast("adapters", adapters, 1);
            Load.checkTokens(systemTokens, questionTokens, outputTokens);
            WrongArgumentException.positive("rate", requestsPerSecond);
            WrongArgumentException.atLeast("requests", requests, 1);
        }

        @Override
        public Load read() {
            SplittableRandom random = new SplittableRandom(seed);
            return new Load(
                    "adapters",
                    PoissonLoad.arrivals(
                            requests,
                            requestsPerSecond,
                            random,
                            (number, seconds) ->
                                    Stream.of(request(Math.round(1e9 * seconds), number, adapter(random)))));
        }

        private LoadRequest request(long arrivalNanos, int number, int adapter) {
            int tokens = systemTokens + questionTokens;
            long[] hashes = BlockChain.hashes(tokens + outputTokens, systemTokens, SYSTEM, adapter, QUESTION, number);
            return new LoadRequest(
                    arrivalNanos, number, tokens, outputTokens, hashes, "adapter-" + adapter, null, List.of());
        }

        private int adapter(SplittableRandom random) {
            double sum = 0;
            for (int rank = 1; rank <= adapters; rank++) {
                sum += 1.0 / rank;
            }
            double left = random.nextDouble() * sum;
            int rank = 1;
            while (rank < adapters && left >= 1.0 / rank) {
                left -= 1.0 / rank;
                rank++;
            }
            return rank - 1;
        }
    }

    /**
     * Several samples of one problem, asked for at once: bursts of equal prompts that nobody has sent before, each request a session of its
     * own, a millisecond apart. Bursts are a Poisson process.
     *
     * @param bursts how many; at least 1
     * @param samples requests in each; at least 1
     * @param promptTokens tokens of every prompt; at least 1
     * @param outputTokens tokens of every response; at least 1
     * @param burstsPerSecond mean rate; > 0
     * @param seed of the times
     */
    record BurstLoad(int bursts, int samples, int promptTokens, int outputTokens, double burstsPerSecond, long seed)
            implements PoissonLoad {
        private static final long SAMPLE_GAP_NANOS = 1_000_000;

        /** A family of {@link BlockChain}. */
        private static final long PROBLEM = 12;

        public BurstLoad {
            WrongArgumentException.atLeast("bursts", bursts, 1);
            WrongArgumentException.atLeast("samples", samples, 1);
            WrongArgumentException.atLeast("prompt tokens", promptTokens, 1);
            WrongArgumentException.atLeast("output tokens", outputTokens, 1);
            WrongArgumentException.positive("rate", burstsPerSecond);
        }

        @Override
        public Load read() {
            SplittableRandom random = new SplittableRandom(seed);
            List<LoadRequest> arrivals = PoissonLoad.arrivals(bursts, burstsPerSecond, random, this::burst);
            arrivals.sort((a, b) -> Long.compare(a.delayNanos(), b.delayNanos()));
            return new Load("bursts", arrivals);
        }

        private Stream<LoadRequest> burst(int burst, double seconds) {
            long[] hashes = BlockChain.hashes(promptTokens, 0, PROBLEM, 0, PROBLEM, burst);
            return IntStream.range(0, samples)
                    .mapToObj(sample -> new LoadRequest(
                            Math.round(1e9 * seconds) + sample * SAMPLE_GAP_NANOS,
                            burst * samples + sample,
                            promptTokens,
                            outputTokens,
                            hashes,
                            null));
        }
    }
}
