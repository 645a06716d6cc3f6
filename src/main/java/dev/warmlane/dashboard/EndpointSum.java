package dev.warmlane.dashboard;

import dev.warmlane.history.Figure;
import java.util.List;

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

    static List<Figure> figures() {
        return List.of(
                new Figure.Ratio("hitRatio", HIT_TOKENS.ordinal(), QUERIED_TOKENS.ordinal()),
                new Figure.Ratio("kvCacheUsage", KV_USAGE.ordinal(), REPORTS.ordinal()),
                new Figure.Ratio("running", RUNNING.ordinal(), REPORTS.ordinal()),
                new Figure.Ratio("waiting", WAITING.ordinal(), REPORTS.ordinal()),
                new Figure.Ratio("inFlight", IN_FLIGHT.ordinal(), SAMPLES.ordinal()));
    }
}
