package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** What became of the requests that this gateway sent to each endpoint since it came. Safe for concurrent use. */
public final class EndpointTallies {
    private static final int BUCKETS = 32;
    private static final double LOWEST_SECONDS = 0.002;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] BOUNDS = bounds();

    private static final Tally NOTHING = new Tally();

    private final ConcurrentHashMap<EndpointId, Tally> byEndpoint = new ConcurrentHashMap<>();

    /** Upper bounds of the buckets of the time to the first token, in seconds, ascending: from 2 ms to 90 s. */
    public static double[] boundsSeconds() {
        return BOUNDS.clone();
    }

    /** The tally of an endpoint, which goes on counting; an empty one where nothing was sent there. */
    public Tally of(EndpointId endpoint) {
        return byEndpoint.getOrDefault(endpoint, NOTHING);
    }

    Tally opened(EndpointId endpoint) {
        return byEndpoint.computeIfAbsent(endpoint, id -> new Tally());
    }

    void retire(EndpointId endpoint) {
        byEndpoint.remove(endpoint);
    }

    private static double[] bounds() {
        double[] bounds = new double[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            bounds[i] = LOWEST_SECONDS * Math.pow(2, i / 2.0);
        }
        return bounds;
    }

    /** The counts of one endpoint, all of which only grow. */
    public static final class Tally {
        private final LongAdder movedOn = new LongAdder();
        private final LongAdder errors = new LongAdder();
        private final LongAdder restarts = new LongAdder();
        private final LongAdder promptTokens = new LongAdder();
        private final LongAdder cachedTokens = new LongAdder();
        private final AtomicLongArray firstTokens = new AtomicLongArray(BUCKETS + 1);

        /** Requests that it did not take, which may have gone to another. */
        public long movedOn() {
            return movedOn.sum();
        }

        /** Requests that it failed, those that moved on included: no response, a 5xx, or one that broke off. */
        public long errors() {
            return errors.sum();
        }

        /** How often its process was found to be another one, with an empty cache. */
        public long restarts() {
            return restarts.sum();
        }

        /** Prompt tokens of the responses that said how many of them were cached. */
        public long promptTokens() {
            return promptTokens.sum();
        }

        /** Of the prompt tokens, those that came from the cache. */
        public long cachedTokens() {
            return cachedTokens.sum();
        }

        /** Streams by the time from their dispatch to their first token, up to each bound; in the end all of them. */
        public long[] firstTokens() {
            long[] upTo = new long[BUCKETS + 1];
            long sum = 0;
            for (int i = 0; i <= BUCKETS; i++) {
                sum += firstTokens.get(i);
                upTo[i] = sum;
            }
            return upTo;
        }

        void moveOn() {
            movedOn.increment();
            errors.increment();
        }

        void error() {
            errors.increment();
        }

        void restart() {
            restarts.increment();
        }

        void firstToken(long nanos) {
            int found = Arrays.binarySearch(BOUNDS, nanos / NANOS_PER_SECOND);
            firstTokens.incrementAndGet(found < 0 ? -found - 1 : found);
        }

        void delivered(UsageReport report) {
            Long cached = report.cachedTokens();
            if (cached != null) {
                promptTokens.add(report.promptTokens());
                cachedTokens.add(cached);
            }
        }
    }
}
