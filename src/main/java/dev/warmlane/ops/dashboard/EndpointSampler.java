package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.history.Figure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Adds up one endpoint. For one thread. */
final class EndpointSampler {
    private final double[] sums = new double[EndpointSum.COUNT];
    private final Growth queried = new Growth();
    private final Growth hit = new Growth();
    private final Growth promptTokens = new Growth();
    private final Growth generationTokens = new Growth();

    /** Adds what it says now. */
    void add(EndpointStatus endpoint) {
        add(EndpointSum.SAMPLES, 1);
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
        WAITING;

        /** The number of sums. */
        static final int COUNT = values().length;

        /** Where it is among the sums. */
        @SuppressWarnings("EnumOrdinal") // The order is that of the sums and is kept nowhere.
        int index() {
            return ordinal();
        }

        static List<Figure> figures() {
            return List.of(
                    new Figure.Ratio("hitRatio", HIT_TOKENS.index(), QUERIED_TOKENS.index()),
                    new Figure.Ratio("kvCacheUsage", KV_USAGE.index(), REPORTS.index()),
                    new Figure.Ratio("running", RUNNING.index(), REPORTS.index()),
                    new Figure.Ratio("waiting", WAITING.index(), REPORTS.index()),
                    new Figure.Ratio("inFlight", IN_FLIGHT.index(), SAMPLES.index()));
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
