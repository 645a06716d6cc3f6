package dev.warmlane.tools.validation;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.validation.Report.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a gateway must reach: options of the command, not changed once they are read. */
final class Targets {
    @Option(
            names = "--min-hit-ratio",
            description = "Least share of prompt tokens found in the pods' caches, 0..1 (default: 0.80).")
    private double minHitRatio = 0.80;

    @Option(
            names = "--min-stickiness",
            description = "Least share of later turns that go where the turn before went, 0..1 (default: 1.0).")
    private double minStickiness = 1;

    @Option(
            names = "--max-imbalance",
            description =
                    "Most requests of a pod over an even share, >= 1; says little with fewer than ten sessions a pod"
                            + " (default: not checked).")
    private @Nullable Double maxImbalance;

    /** @throws IllegalArgumentException naming the option that is out of range */
    Targets checked() {
        Arguments.share("min-hit-ratio", minHitRatio);
        Arguments.share("min-stickiness", minStickiness);
        if (maxImbalance != null) {
            Arguments.check(maxImbalance >= 1, "max-imbalance", maxImbalance, ">= 1");
        }
        return this;
    }

    /** Least share of prompt tokens found in caches, in [0, 1]. */
    double minHitRatio() {
        return minHitRatio;
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
}
