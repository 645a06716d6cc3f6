package dev.warmlane.tools.validation;

import dev.warmlane.tools.validation.report.Report;
import dev.warmlane.tools.validation.report.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway must reach.
 *
 * @param minHitRatio least share of prompt tokens found in caches, in [0, 1]
 * @param minStickiness least share of later turns that stayed, in [0, 1]
 * @param maxImbalance requests of the busiest pod over an even share, at least 1; null: not asked for
 */
record Targets(
        double minHitRatio, double minStickiness, @Nullable Double maxImbalance) {
    Targets {
        checkShare("min-hit-ratio", minHitRatio);
        checkShare("min-stickiness", minStickiness);
        if (maxImbalance != null && !(maxImbalance >= 1)) {
            throw new IllegalArgumentException("max-imbalance: %s (expected: >= 1)".formatted(maxImbalance));
        }
    }

    /** Each target with what came of it; what could not be measured is missed. */
    List<Target> judge(Report.Measures measures) {
        List<Target> judged = new ArrayList<>();
        judged.add(Target.atLeast("hit ratio", minHitRatio, measures.hitRatio()));
        judged.add(Target.atLeast("stickiness", minStickiness, measures.stickiness()));
        if (maxImbalance != null) {
            judged.add(Target.atMost("imbalance", maxImbalance, measures.imbalance()));
        }
        judged.add(Target.atMost("failed requests", 0, (double) measures.failedRequests()));
        judged.add(Target.atLeast("pods that take requests", measures.podsAtFirst(), (double) measures.podsAtLast()));
        return judged;
    }

    private static void checkShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException("%s: %s (expected: 0..1)".formatted(name, value));
        }
    }
}
