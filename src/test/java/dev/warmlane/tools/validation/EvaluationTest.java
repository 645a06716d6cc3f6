package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final Talk TALK =
            Options.talk("--sessions=1 --turns=2 --system-tokens=100 --question-tokens=10 --output-tokens=20");

    private static PoolReading pool(long queried, long hit) {
        PodReading pod = CountedTest.pod("1", "a", new PrefixCacheCounters(queried, hit));
        return new PoolReading("default", List.of(pod));
    }

    private static Evaluation evaluation(long queried, long hit, Long cachedTokens) {
        Chat.Response answer = new Chat.Response(null, "a", "yes", 100, 20, cachedTokens, 1.0);
        PoolReading before = pool(1000, 900);
        return new Evaluation(before, before, pool(1000 + queried, 900 + hit), new Summary(List.of(List.of(answer))));
    }

    private static Double hitRatio(Evaluation evaluation) {
        return evaluation.measures(TALK, List.of("s")).hitRatio();
    }

    @Test
    void believesTheCountersWhileNobodyElseAsks() {
        Evaluation alone = evaluation(100, 90, 10L);
        assertThat(hitRatio(alone)).isEqualTo(0.9);
        assertThat(alone.notes(List.of("a"))).isEmpty();
    }

    @Test
    void believesTheAnswersOnceOthersAskToo() {
        Evaluation among = evaluation(400, 120, 90L);
        assertThat(hitRatio(among)).isEqualTo(0.9);
        assertThat(among.notes(List.of("a")))
                .containsExactly(
                        "other traffic: pods looked up 400 tokens, the responses account for 100; the hit ratio"
                                + " is what the responses say");
    }

    @Test
    void saysThatTheHitRatioIncludesOthersWhereAnswersDoNotTell() {
        Evaluation among = evaluation(400, 120, null);
        assertThat(hitRatio(among)).isEqualTo(0.3);
        assertThat(among.notes(List.of("a"))).singleElement().asString().endsWith("the hit ratio includes it");
    }

    @Test
    void missesAPodThatFellOutDuringTheRun() {
        PodReading out = new PodReading(
                "1", "a", "ejected", new PrefixCacheCounters(1000, 900), 0, 16, true, List.of("m"), 10L, true);
        PoolReading gone = new PoolReading("default", List.of(out));
        Evaluation evaluation = new Evaluation(pool(1000, 900), gone, gone, new Summary(List.of()));
        assertThat(evaluation.notes(List.of())).contains("a: ejected since the run began");
        assertThat(Options.targets("--min-hit-ratio=0 --min-stickiness=0").judge(evaluation.measures(TALK, List.of())))
                .extracting(Object::toString)
                .contains("pods that take requests: 0 (expected: >= 1)");
    }

    @Test
    void namesThePodsThatBeganCold() {
        assertThat(evaluation(100, 90, null).notes(List.of("b")))
                .containsExactly("a: not reached by the warm-up; what it got began cold there");
    }
}
