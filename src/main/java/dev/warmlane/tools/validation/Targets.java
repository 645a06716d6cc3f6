package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import dev.warmlane.tools.validation.Report.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
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
                    "Largest ratio of a pod's requests to an even share, >= 1; says little with fewer than ten sessions a pod"
                            + " (default: not checked).")
    private @Nullable Double maxImbalance;

    /** @throws IllegalArgumentException naming the option that is out of range */
    Targets checked() {
        WrongArgumentException.share("min-hit-ratio", minHitRatio);
        WrongArgumentException.share("min-stickiness", minStickiness);
        if (maxImbalance != null) {
            WrongArgumentException.check(maxImbalance >= 1, "max-imbalance", maxImbalance, ">= 1");
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

    /** What can be known before the first request: what would make a result meaningless. */
    static final class Setup {
        private Setup() {}

        /**
         * Findings on a pool, for its operator; none if it can be measured.
         *
         * @param earlier the same pool a moment before
         * @param aloneOnly whether other traffic is a finding
         */
        static List<String> findings(
                Talk talk, Targets targets, PoolReading earlier, PoolReading pool, boolean aloneOnly) {
            List<String> findings = new ArrayList<>();
            for (PodReading pod : pool.pods()) {
                if (Boolean.FALSE.equals(pod.prefixCaching())) {
                    findings.add("%s: prefix caching off (expected: vLLM with --enable-prefix-caching)"
                            .formatted(pod.name()));
                }
                if (!pod.isSelectable() && !pod.isLeaving()) {
                    findings.add("%s: %s (expected: ready)".formatted(pod.name(), pod.state()));
                } else if (pod.isSelectable() && (pod.unreadable() || pod.counters() == null)) {
                    findings.add("%s: prefix cache counters unknown (expected: /metrics with vllm:prefix_cache_queries)"
                            .formatted(pod.name()));
                }
            }
            prompts(talk, targets, pool.blockSizeTokens(), findings);
            if (aloneOnly && isBusy(earlier, pool)) {
                findings.add("other traffic: the pods are at work already (expected: none, or --allow-other-traffic)");
            }
            return findings;
        }

        /** Whether requests run, or counters have moved. */
        static boolean isBusy(PoolReading earlier, PoolReading now) {
            for (PodReading pod : now.pods()) {
                PrefixCacheCounters counters = pod.counters();
                boolean moved = counters != null
                        && earlier.pods().stream()
                                .filter(before -> before.id().equals(pod.id()))
                                .map(PodReading::counters)
                                .filter(Objects::nonNull)
                                .anyMatch(before -> !before.equals(counters));
                if (pod.busy() > 0 || moved) {
                    return true;
                }
            }
            return false;
        }

        private static void prompts(Talk talk, Targets targets, int blockSizeTokens, List<String> findings) {
            long shortest = talk.promptTokens(0);
            double possible = talk.possibleHitRatio(blockSizeTokens);
            if (shortest <= blockSizeTokens) {
                findings.add("prompt: %d tokens (expected: more than a block of %d; see --system-tokens)"
                        .formatted(shortest, blockSizeTokens));
            } else if (possible < targets.minHitRatio()) {
                findings.add(String.format(
                        Locale.ROOT,
                        "prompts: at best %.3f of their tokens can be found in a cache (expected: >= %s;"
                                + " more --system-tokens or --turns)",
                        possible,
                        targets.minHitRatio()));
            }
        }
    }
}
