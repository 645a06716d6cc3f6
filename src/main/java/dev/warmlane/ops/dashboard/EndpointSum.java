package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.history.Figure;
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
