package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.actuator.EndpointStatus;

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
        add(EndpointSum.QUERIED_TOKENS, queried.since(endpoint.prefixCache().queriedTokens()));
        add(EndpointSum.HIT_TOKENS, hit.since(endpoint.prefixCache().hitTokens()));
        add(EndpointSum.PROMPT_TOKENS, promptTokens.since(endpoint.promptTokens()));
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
}
