package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import dev.warmlane.tools.validation.Targets.Setup;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetupTest {
    private static final Talk TALK =
            Options.talk("--sessions=5 --turns=5 --system-tokens=1000 --question-tokens=50 --output-tokens=64");
    private static final Targets TARGETS = new Targets();
    private static final PrefixCacheCounters SOME = new PrefixCacheCounters(100, 50);
    private static final PodReading GOOD = CountedTest.pod("1", "a", SOME);

    private static PodReading pod(String state, boolean prefixCaching, long busy) {
        return new PodReading("1", "a", state, SOME, busy, 16, prefixCaching, List.of("m"), 10L, false);
    }

    private static List<String> findings(Talk talk, PodReading earlier, PodReading now) {
        return Setup.findings(
                talk,
                TARGETS,
                new PoolReading("default", List.of(earlier)),
                new PoolReading("default", List.of(now)),
                true);
    }

    @Test
    void aGoodSetupHasNoFindings() {
        assertThat(findings(TALK, GOOD, GOOD)).isEmpty();
    }

    @Test
    void findsPrefixCachingOff() {
        assertThat(findings(TALK, GOOD, pod("ready", false, 0)))
                .containsExactly("a: prefix caching off (expected: vLLM with --enable-prefix-caching)");
    }

    @Test
    void findsADeadPodButMissesNoneThatIsLeaving() {
        assertThat(findings(TALK, GOOD, pod("ejected", true, 0))).containsExactly("a: ejected (expected: ready)");
        assertThat(findings(TALK, GOOD, pod("draining", true, 0))).isEmpty();
    }

    @Test
    void findsCountersThatNobodyCanRead() {
        assertThat(findings(TALK, GOOD, CountedTest.pod("1", "a", null)))
                .containsExactly(
                        "a: prefix cache counters unknown (expected: /metrics with vllm:prefix_cache_queries)");
    }

    @Test
    void findsOtherTraffic() {
        String finding = "other traffic: the pods are at work already (expected: none, or --allow-other-traffic)";
        assertThat(findings(TALK, GOOD, pod("ready", true, 1))).containsExactly(finding);
        assertThat(findings(TALK, GOOD, CountedTest.pod("1", "a", new PrefixCacheCounters(101, 50))))
                .containsExactly(finding);
    }

    @Test
    void findsPromptsThatCannotReachTheTarget() {
        assertThat(findings(
                        Options.talk("--sessions=5 --turns=5 --system-tokens=4 --question-tokens=4 --output-tokens=4"),
                        GOOD,
                        GOOD))
                .containsExactly("prompt: 8 tokens (expected: more than a block of 16; see --system-tokens)");
        assertThat(findings(
                        Options.talk(
                                "--sessions=5 --turns=2 --system-tokens=100 --question-tokens=400 --output-tokens=4"),
                        GOOD,
                        GOOD))
                .singleElement()
                .asString()
                .startsWith("prompts: at best 0.4")
                .endsWith("(expected: >= 0.8; more --system-tokens or --turns)");
    }
}
