package dev.warmlane.tools.replay;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One number of a report.
 *
 * @param name in JSON and CSV, with the unit
 * @param heading in tables
 * @param decimals digits after the point in tables
 * @param value null where it does not apply
 */
record Column(String name, String heading, int decimals, Function<PolicyResult, @Nullable Number> value) {

    static final List<Column> ALL = List.of(
            new Column("requests", "requests", 0, PolicyResult::answered),
            new Column("refused", "refused", 0, PolicyResult::refused),
            new Column("lost", "lost", 0, PolicyResult::lost),
            new Column("tokenHitRatio", "hit", 3, PolicyResult::hitRatio),
            new Column("shareOfOneCache", "/one", 2, PolicyResult::shareOfOneCache),
            new Column("shareOfInfiniteCache", "/inf", 2, PolicyResult::shareOfInfiniteCache),
            new Column("ttftMeanSeconds", "ttft s", 3, result -> result.ttft().mean()),
            new Column("ttftP50Seconds", "p50", 3, result -> result.ttft().p50()),
            new Column("ttftP90Seconds", "p90", 3, result -> result.ttft().p90()),
            new Column("ttftP99Seconds", "p99", 3, result -> result.ttft().p99()),
            new Column("e2eMeanSeconds", "e2e s", 2, result -> result.e2e().mean()),
            new Column("tpotMeanSeconds", "tpot s", 4, result -> result.tpot().mean()),
            new Column("withinSlo", "slo", 3, PolicyResult::withinSlo),
            new Column("requestImbalance", "req max/mean", 2, PolicyResult::requestImbalance),
            new Column("computedTokenImbalance", "tok max/mean", 2, PolicyResult::computedImbalance),
            new Column("stickiness", "sticky", 3, PolicyResult::stickiness),
            new Column("predictedOverDelivered", "pred/deliv", 3, PolicyResult::predictedOverDelivered),
            new Column("toldBytesPerRequest", "told B/req", 0, PolicyResult::toldBytesPerRequest));

    String text(PolicyResult result) {
        Number number = value.apply(result);
        return number == null ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", number.doubleValue());
    }
}
