package dev.warmlane.ops.dashboard;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.routing.EndpointTallies;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.ops.actuator.EndpointStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Adds up one endpoint. For one thread. */
final class EndpointSampler {
    /** States in which requests that belong to no endpoint go there. */
    private static final Set<String> TAKES_REQUESTS =
            Set.of(EndpointState.READY.label(), EndpointState.STARTING.label());

    private final double[] sums = new double[EndpointSum.COUNT];
    private final Growth queried = new Growth();
    private final Growth hit = new Growth();
    private final Growth promptTokens = new Growth();
    private final Growth generationTokens = new Growth();

    /**
     * Adds what it says now, and what the gateway has seen of it.
     *
     * @param seconds since the sample before
     * @param sentRequests since it came
     */
    void add(EndpointStatus endpoint, double seconds, long sentRequests, Tally seen) {
        add(EndpointSum.SAMPLES, 1);
        add(EndpointSum.SECONDS, seconds);
        if (!TAKES_REQUESTS.contains(endpoint.state())) {
            add(EndpointSum.DOWN_SECONDS, seconds);
        }
        set(EndpointSum.REQUESTS, sentRequests);
        set(EndpointSum.ERRORS, seen.errors());
        set(EndpointSum.MOVED_ON, seen.movedOn());
        set(EndpointSum.RESTARTS, seen.restarts());
        set(EndpointSum.REPORTED_PROMPTS, seen.reports());
        set(EndpointSum.TOKENS_OF_REPORTED_PROMPTS, seen.reportedTokens());
        set(EndpointSum.REPORTED_PROMPT_TOKENS, seen.promptTokens());
        set(EndpointSum.REPORTED_CACHED_TOKENS, seen.cachedTokens());
        long[] firstTokens = seen.firstTokens();
        for (int i = 0; i < firstTokens.length; i++) {
            sums[EndpointSum.FIRST_BUCKET + i] = (double) firstTokens[i];
        }
        add(EndpointSum.IN_FLIGHT, (double) endpoint.inFlight());
        double prompts = promptTokens.since(endpoint.promptTokens());
        add(EndpointSum.PROMPT_TOKENS, prompts);
        add(EndpointSum.QUERIED_TOKENS, queried.since(endpoint.prefixCache().queriedTokens()));
        add(EndpointSum.HIT_TOKENS, hit.since(endpoint.prefixCache().hitTokens()));
        if (Boolean.FALSE.equals(endpoint.prefixCaching())) {
            // It looks nothing up, and every prompt token is one that could have hit.
            add(EndpointSum.QUERIED_TOKENS, prompts);
        }
        add(EndpointSum.GENERATION_TOKENS, generationTokens.since(endpoint.generationTokens()));
        Double kvCacheUsage = endpoint.kvCacheUsage();
        Long running = endpoint.running();
        Long waiting = endpoint.waiting();
        if (kvCacheUsage != null
                && running != null
                && waiting != null
                && endpoint.scrape().error() == null) {
            add(EndpointSum.REPORTS, 1);
            add(EndpointSum.KV_USAGE, kvCacheUsage);
            add(EndpointSum.RUNNING, (double) running);
            add(EndpointSum.WAITING, (double) waiting);
        }
    }

    /** A copy of the sums. */
    double[] sums() {
        return sums.clone();
    }

    private void set(EndpointSum sum, long value) {
        sums[sum.index()] = (double) value;
    }

    private void add(EndpointSum sum, double value) {
        sums[sum.index()] += value;
    }

    /** What is added up of an endpoint, and the figures that follow from it. */
    enum EndpointSum {
        SAMPLES,
        QUERIED_TOKENS,
        HIT_TOKENS,
        PROMPT_TOKENS,
        GENERATION_TOKENS,
        IN_FLIGHT,
        REPORTS,
        KV_USAGE,
        RUNNING,
        WAITING,
        SECONDS,
        DOWN_SECONDS,
        REQUESTS,
        ERRORS,
        MOVED_ON,
        RESTARTS,
        REPORTED_PROMPTS,
        TOKENS_OF_REPORTED_PROMPTS,
        REPORTED_PROMPT_TOKENS,
        REPORTED_CACHED_TOKENS;

        private static final double[] BOUNDS = EndpointTallies.boundsSeconds();

        /** The index of the lowest bucket of the time to the first token; they come last. */
        static final int FIRST_BUCKET = values().length;

        /** The number of sums. */
        static final int COUNT = FIRST_BUCKET + BOUNDS.length + 1;

        /** Where it is among the sums. */
        @SuppressWarnings("EnumOrdinal") // The order is that of the sums and is kept nowhere.
        int index() {
            return ordinal();
        }

        private static Figure firstToken(String name, double quantile) {
            return new Figure.Quantile(
                    name, quantile, FIRST_BUCKET, Arrays.stream(BOUNDS).boxed().toList());
        }

        static List<Figure> figures() {
            return List.of(
                    new Figure.Ratio("hitRatio", HIT_TOKENS.index(), QUERIED_TOKENS.index()),
                    new Figure.Ratio("kvCacheUsage", KV_USAGE.index(), REPORTS.index()),
                    new Figure.Ratio("running", RUNNING.index(), REPORTS.index()),
                    new Figure.Ratio("waiting", WAITING.index(), REPORTS.index()),
                    new Figure.Ratio("inFlight", IN_FLIGHT.index(), SAMPLES.index()),
                    new Figure.Ratio("requestsPerSecond", REQUESTS.index(), SECONDS.index()),
                    new Figure.Ratio("failedShare", ERRORS.index(), REQUESTS.index()),
                    new Figure.Ratio("movedOnShare", MOVED_ON.index(), REQUESTS.index()),
                    new Figure.Ratio("downShare", DOWN_SECONDS.index(), SECONDS.index()),
                    new Figure.Ratio(
                            "reportedHitRatio", REPORTED_CACHED_TOKENS.index(), REPORTED_PROMPT_TOKENS.index()),
                    firstToken("ttftP50", 0.5),
                    firstToken("ttftP90", 0.9));
        }
    }

    /** Turns an engine's counter, which starts anew with the engine, into one that only grows. For one thread. */
    static final class Growth {
        private @Nullable Long before;

        /** How much it grew since it was last told; what it has come to, if it started anew; 0 the first time. */
        double since(@Nullable Long now) {
            if (now == null) {
                return 0;
            }
            Long last = before;
            before = now;
            return last == null ? 0 : (double) (now < last ? now : now - last);
        }
    }
}
