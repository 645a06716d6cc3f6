package dev.warmlane.tools.validation.report;

import org.jspecify.annotations.Nullable;

/**
 * One pod's part in a run.
 *
 * @param name as the gateway names it
 * @param requests answers that it gave
 * @param queriedTokens prompt tokens that its cache was asked for
 * @param hitTokens those found
 * @param restarted whether its counters began anew in between; what it had counted before is lost then
 */
public record PodReport(String name, long requests, long queriedTokens, long hitTokens, boolean restarted) {

    /** Hit tokens by queried tokens; null over no queries. */
    public @Nullable Double hitRatio() {
        return queriedTokens == 0 ? null : (double) hitTokens / queriedTokens;
    }
}
