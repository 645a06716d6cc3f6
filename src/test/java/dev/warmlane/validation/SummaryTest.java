package dev.warmlane.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.validation.report.Report;
import dev.warmlane.vllm.PrefixCacheCounters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final Talk TALK = new Talk(2, 3, 100, 10, 20, Duration.ZERO, true);

    private static Answer answer(String endpoint, double ttft) {
        return new Answer(null, endpoint, "yes", 112, 20, ttft);
    }

    private static Report.Measures measures(int pods, List<List<Answer>> sessions) {
        Counted counted = new Counted(List.of(), new PrefixCacheCounters(400, 100), List.of());
        return new Summary(sessions).measures(TALK, 16, pods, counted, List.of("s"));
    }

    @Test
    void everyTurnWhereTheTurnBeforeWasIsSticky() {
        Report.Measures measures = measures(
                2,
                List.of(
                        List.of(answer("a", 1), answer("a", 1), answer("b", 1)),
                        List.of(answer("b", 1), answer("b", 1), answer("b", 1))));
        assertThat(measures.stickiness()).isEqualTo(0.75);
        assertThat(measures.imbalance()).isEqualTo(4.0 / 3);
        assertThat(measures.hitRatio()).isEqualTo(0.25);
    }

    @Test
    void podsWithoutARequestCountForTheMean() {
        assertThat(measures(4, List.of(List.of(answer("a", 1)))).imbalance()).isEqualTo(4.0);
    }

    @Test
    void firstAndLaterTurnsHaveTheirOwnTtft() {
        Report.Measures measures = measures(
                1,
                List.of(
                        List.of(answer("a", 8), answer("a", 1), answer("a", 2)),
                        List.of(answer("a", 9), answer("a", 3), answer("a", 4))));
        assertThat(measures.firstTtft().p50()).isEqualTo(8);
        assertThat(measures.firstTtft().p90()).isEqualTo(9);
        assertThat(measures.laterTtft().p50()).isEqualTo(2);
        assertThat(measures.laterTtft().p90()).isEqualTo(4);
    }

    @Test
    void failedRequestsCountAsFailedAndForNothingElse() {
        List<List<Answer>> sessions = List.of(List.of(answer("a", 1), Answer.failed("status 503", null)));
        Report.Measures measures = measures(1, sessions);
        assertThat(measures.requests()).isEqualTo(2);
        assertThat(measures.failedRequests()).isEqualTo(1);
        assertThat(measures.stickiness()).isNull();
        assertThat(new Summary(sessions).failures()).isEqualTo(Map.of("status 503", 1L));
        assertThat(new Summary(sessions).promptTokens()).isEqualTo(112);
    }

    @Test
    void whatWasNotMeasuredMissesItsTarget() {
        Report.Measures measures = measures(1, List.of(List.of(Answer.failed("status 503", null))));
        assertThat(new Targets(0.1, 0, 2.0).judge(measures))
                .extracting(Object::toString)
                .containsExactly(
                        "hit ratio: 0.2500 (expected: >= 0.1)",
                        "stickiness: not measured (expected: >= 0)",
                        "imbalance: not measured (expected: <= 2)",
                        "failed requests: 1.0000 (expected: <= 0)");
    }
}
