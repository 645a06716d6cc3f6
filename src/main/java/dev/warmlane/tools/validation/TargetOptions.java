package dev.warmlane.tools.validation;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say what is enough. */
final class TargetOptions {
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
    Targets targets() {
        return new Targets(minHitRatio, minStickiness, maxImbalance);
    }
}
