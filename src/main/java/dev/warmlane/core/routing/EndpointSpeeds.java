package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How long endpoints take for a token of prefill, learned from the first tokens that they send. At an endpoint that computes an 8B
 * model as an H100 does, a request should take until then
 * <pre>
 *   {@value #PRIOR_SECONDS} s * (P + W(u, L) + R / 500 + 200)
 * </pre>
 * with P the tokens that are being computed there, W its own, R those of the prompts that decoding steps in between read, and 200 for
 * any step. The logarithm of how much longer it took is averaged for each endpoint, with a memory of some twenty requests; what takes
 * longer counts half, since it often waited for something else. Models and quantisations differ by this as GPUs do, so that no
 * constant has to fit them. Replicas tell of it only whoever joins: each sees the first tokens of its own requests.
 *
 * <p>Endpoints that differ by less than a quarter from the pool count as equal, and one that was not heard of for minutes as the
 * average one: it may have recovered. Safe for concurrent use; reading takes no lock.
 */
public final class EndpointSpeeds {
    /** What a token of prefill takes until anything is learned: 1.5 s for 32,768. */
    public static final double PRIOR_SECONDS = 1.5 / 32_768;

    private static final double ATTENTION_TOKENS = 37_500;
    private static final double DECODING_SHARE = 1.0 / 500;
    private static final double STEP_TOKENS = 200;
    private static final double WEIGHT = 1.0 / 16;
    private static final double SLOWER_COUNTS = 0.5;
    /** Samples that weigh as much as knowing nothing. */
    private static final double DOUBT = 8;

    private static final double EQUAL = Math.log(1.25);
    private static final double MOST = Math.log(8);
    private static final double MOST_OF_POOL = Math.log(100);
    private static final double FORGOTTEN_NANOS = 180e9;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final LongSupplier nanoClock;
    private final ConcurrentHashMap<EndpointId, Speed> speeds = new ConcurrentHashMap<>();
    private volatile double pool;
    private volatile boolean different;

    EndpointSpeeds(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Seconds for a prefill token at an average endpoint. */
    public double secondsPerToken() {
        return PRIOR_SECONDS * Math.exp(pool);
    }

    /** How many times as long as the average one an endpoint takes, in [1/8, 8]; 1 unless they clearly differ. */
    public double relative(EndpointId endpoint) {
        Speed speed = different ? speeds.get(endpoint) : null;
        if (speed == null) {
            return 1;
        }
        double age = nanoClock.getAsLong() - speed.nanos;
        double off = (speed.log - pool) * speed.trust() * Math.exp(-age / FORGOTTEN_NANOS);
        return Math.abs(off) < EQUAL ? 1 : Math.exp(Math.max(-MOST, Math.min(MOST, off)));
    }

    /** How long a step takes that decodes the prompts which a decision saw at an endpoint. */
    double stepSeconds(Candidate seen) {
        double tokens = seen.promptTokens() * DECODING_SHARE + STEP_TOKENS;
        return tokens * secondsPerToken() * relative(seen.endpoint().id());
    }

    /**
     * The first token of a request has come.
     *
     * @param seen its endpoint as the decision saw it
     * @param promptTokens of its prompt
     * @param nanos that it took; without time nothing is learned
     */
    void firstToken(Candidate seen, long promptTokens, long nanos) {
        if (nanos > 0) {
            learn(seen.endpoint().id(), Math.log(nanos / 1e9 / (tokens(seen, promptTokens) * PRIOR_SECONDS)));
        }
    }

    /** What it should take, in seconds, for an endpoint as a decision saw it. */
    double expectedSeconds(Candidate seen, long promptTokens) {
        return tokens(seen, promptTokens)
                * secondsPerToken()
                * relative(seen.endpoint().id());
    }

    private static double tokens(Candidate seen, long promptTokens) {
        long uncached = seen.uncachedTokens();
        double own = uncached * (1 + (promptTokens - uncached / 2.0) / ATTENTION_TOKENS);
        return seen.prefillTokens() + own + seen.promptTokens() * DECODING_SHARE + STEP_TOKENS;
    }

    /** What is known of an endpoint. */
    EndpointExperience experience(EndpointId endpoint, long usualPromptTokens) {
        Speed speed = speeds.get(endpoint);
        if (speed == null) {
            return new EndpointExperience(usualPromptTokens, 0, 0, 0);
        }
        long age = Math.max(0, nanoClock.getAsLong() - speed.nanos) / NANOS_PER_MILLI;
        return new EndpointExperience(usualPromptTokens, speed.log, (int) speed.samples, age);
    }

    /** Takes over what another gateway has seen of an endpoint, where nothing was seen here. */
    synchronized void adopt(EndpointId endpoint, EndpointExperience seen) {
        if (seen.firstTokens() > 0 && !speeds.containsKey(endpoint)) {
            Speed speed = new Speed(Math.max(-MOST_OF_POOL, Math.min(MOST_OF_POOL, seen.speed())));
            speed.samples = seen.firstTokens();
            speed.nanos = nanoClock.getAsLong() - seen.ageMillis() * NANOS_PER_MILLI;
            speeds.put(endpoint, speed);
            average();
        }
    }

    synchronized void retire(EndpointId endpoint) {
        speeds.remove(endpoint);
        average();
    }

    private synchronized void learn(EndpointId endpoint, double sample) {
        Speed speed = speeds.computeIfAbsent(endpoint, added -> new Speed(pool));
        double off = Math.max(-1, Math.min(1, sample - speed.log));
        speed.log += WEIGHT * off * (off > 0 ? SLOWER_COUNTS : 1);
        speed.samples = Math.min(EndpointExperience.MOST_FIRST_TOKENS, speed.samples + 1);
        speed.nanos = nanoClock.getAsLong();
        average();
    }

    /** The mean of what is known of each, so that a busy endpoint counts no more than others. */
    private void average() {
        double sum = 0;
        double weight = 0;
        double least = MOST_OF_POOL;
        double most = -MOST_OF_POOL;
        for (Speed speed : speeds.values()) {
            double trust = speed.trust();
            sum += trust * speed.log;
            weight += trust;
            least = Math.min(least, speed.log);
            most = Math.max(most, speed.log);
        }
        pool = weight == 0 ? 0 : Math.max(-MOST_OF_POOL, Math.min(MOST_OF_POOL, sum / weight));
        different = most - least > EQUAL;
    }

    private static final class Speed {
        private volatile double log;
        private volatile double samples;
        private volatile long nanos;

        Speed(double log) {
            this.log = log;
        }

        double trust() {
            return samples / (samples + DOUBT);
        }
    }

    /**
     * How long decode endpoints of a pool take to fetch the KV blocks of a token, learned from the first tokens that follow a transfer.
     * The logarithm is averaged, with a memory of some sixteen transfers; an expectation that comes with the question counts as much as
     * eight of them, and what was learned stays within 32 times of it. Safe for concurrent use; reading takes no lock.
     */
    public static final class TransferSpeed {
        /** Of any transfer: two more messages between engines, and on average half a step until the blocks are looked for. */
        private static final double FIXED_SECONDS = 0.010;

        /** Less takes too short to tell it from what else goes on at an endpoint. */
        private static final long LEAST_TOKENS = 2048;

        private static final double WEIGHT = 1.0 / 16;
        private static final double DOUBT = 8;
        private static final double MOST_OFF = Math.log(32);

        /** What is known, replaced as a whole. */
        private record Known(double log, int samples) {}

        private volatile Known known = new Known(0, 0);

        /**
         * Seconds that fetching so many tokens takes.
         *
         * @param expectedPerToken seconds for each, from what the network is said to carry; above 0
         */
        public double seconds(long tokens, double expectedPerToken) {
            return FIXED_SECONDS + tokens * perToken(expectedPerToken);
        }

        private double perToken(double expected) {
            Known now = known;
            if (now.samples == 0) {
                return expected;
            }
            double off = (now.log - Math.log(expected)) * now.samples / (now.samples + DOUBT);
            return expected * Math.exp(Math.max(-MOST_OFF, Math.min(MOST_OFF, off)));
        }

        /**
         * A transfer was followed by a first token.
         *
         * @param tokens that were fetched
         * @param seconds from when they could be, less what else the endpoint had to do
         */
        synchronized void learn(long tokens, double seconds) {
            if (tokens < LEAST_TOKENS) {
                return;
            }
            double sample = Math.log(Math.max(1e-9, (seconds - FIXED_SECONDS) / tokens));
            int samples = Math.min(1000, known.samples + 1);
            double weight = Math.max(WEIGHT, 1.0 / samples);
            // Before an average there is nothing to bound a sample by.
            double off = samples == 1 ? sample - known.log : Math.max(-1, Math.min(1, sample - known.log));
            known = new Known(known.log + weight * off, samples);
        }
    }
}
