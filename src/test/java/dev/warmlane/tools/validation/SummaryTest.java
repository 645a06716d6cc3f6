package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final Talk TALK =
            Options.talk("--sessions=2 --turns=3 --system-tokens=100 --question-tokens=10 --output-tokens=20");

    private static Chat.Response answer(String endpoint, double ttft) {
        return answer(endpoint, ttft, null);
    }

    private static Chat.Response answer(String endpoint, double ttft, Long cachedTokens) {
        return new Chat.Response(null, endpoint, "yes", 112, 20, cachedTokens, ttft);
    }

    private static Report.Measures measures(int pods, List<List<Chat.Response>> sessions) {
        return new Summary(sessions).measures(TALK, 16, 0.25, List.of(), List.of("s"), pods, pods);
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
    void sessionsAreEvenWhenNoneCouldGoToAnEmptierPod() {
        List<Chat.Response> one = List.of(answer("a", 1), answer("a", 1), answer("a", 1));
        List<Chat.Response> other = List.of(answer("b", 1), answer("b", 1), answer("b", 1));
        assertThat(measures(4, List.of(one, other)).imbalance()).isEqualTo(1);
        assertThat(measures(4, List.of(one, one)).imbalance()).isEqualTo(2);
        assertThat(measures(1, List.of(one, one)).imbalance()).isEqualTo(1);
    }

    @Test
    void answersThatTellTheirCachedTokensHaveAHitRatio() {
        Summary told = new Summary(List.of(List.of(answer("a", 1, 28L), answer("a", 1, null))));
        assertThat(told.toldHitRatio()).isEqualTo(28.0 / 224);
        assertThat(new Summary(List.of(List.of(answer("a", 1)))).toldHitRatio()).isNull();
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
        List<List<Chat.Response>> sessions = List.of(List.of(answer("a", 1), Chat.Response.failed("status 503", null)));
        Report.Measures measures = measures(1, sessions);
        assertThat(measures.requests()).isEqualTo(2);
        assertThat(measures.failedRequests()).isEqualTo(1);
        assertThat(measures.stickiness()).isNull();
        assertThat(new Summary(sessions).failures()).isEqualTo(Map.of("status 503", 1L));
        assertThat(new Summary(sessions).promptTokens()).isEqualTo(112);
    }

    @Test
    void whatWasNotMeasuredMissesItsTarget() {
        Report.Measures measures = measures(1, List.of(List.of(Chat.Response.failed("status 503", null))));
        assertThat(Options.targets("--min-hit-ratio=0.1 --min-stickiness=0 --max-imbalance=2")
                        .judge(measures))
                .extracting(Object::toString)
                .containsExactly(
                        "hit ratio: 0.25 (expected: >= 0.1)",
                        "stickiness: not measured (expected: >= 0)",
                        "imbalance: not measured (expected: <= 2)",
                        "failed requests: 1 (expected: <= 0)",
                        "pods that take requests: 1 (expected: >= 1)");
    }
}
