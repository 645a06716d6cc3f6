package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An endpoint with an empty cache joins seven that 150 groups of sessions keep as busy as they can be. */
class JoinTest {
    private static final Load GROUPS = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 14, 6700, 1).read();
    private static final double TEN_MINUTES = 600;

    private static Replay joined(double prewarmSeconds) {
        Scenario scenario = Scenario.of("--add=400", "--prewarm=" + prewarmSeconds);
        Replay replay = new Replay(
                GROUPS,
                ReplaySettings.of(7, 400_000).withScenario(scenario),
                NamedPolicy.parse("expected-cost"),
                share -> {});
        replay.run();
        return replay;
    }

    /** Three of seven restart, one after the other, at a load that six can carry. */
    private static List<FirstMinute> restarted(double prewarmSeconds) {
        Load load = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 12, 5000, 1).read();
        Scenario scenario = Scenario.of("--restart-each=120", "--prewarm=" + prewarmSeconds);
        Replay replay = new Replay(
                load,
                ReplaySettings.of(7, 400_000).withScenario(scenario),
                NamedPolicy.parse("expected-cost"),
                share -> {});
        replay.run();
        return replay.firstMinutes().subList(0, 3);
    }

    private static double ttftRatio(FirstMinute minute) {
        return minute.ttftP99After() / minute.ttftP99Before();
    }

    @Test
    void endpointThatJoinsWithAnEmptyCacheKeepsNobodyWaitingForLong() {
        assertThat(joined(0).firstMinutes()).singleElement().satisfies(minute -> {
            assertThat(ttftRatio(minute)).isLessThan(2.5);
            assertThat(minute.warmedTokens()).isZero();
        });
    }

    @Test
    void endpointWhoseCacheIsFilledFirstServesFromItInItsFirstMinute() {
        Replay replay = joined(30);
        assertThat(replay.firstMinutes()).singleElement().satisfies(minute -> {
            assertThat(minute.hitRatio()).isGreaterThan(0.85).isLessThan(minute.attainableHitRatio());
            assertThat(ttftRatio(minute)).isLessThan(1.3);
            assertThat(minute.warmedTokens() * replay.secondsPerToken())
                    .isPositive()
                    .isLessThan(0.03 * TEN_MINUTES);
        });
    }

    @Test
    void endpointsThatComeBackFilledKeepNobodyWaitingAndHitMore() {
        List<FirstMinute> warm = restarted(30);
        List<FirstMinute> cold = restarted(0);
        assertThat(warm).allSatisfy(minute -> assertThat(minute.warmedTokens()).isBetween(50_000L, 200_000L));
        assertThat(sum(warm, FirstMinute::ttftP99After)).isLessThan(0.7 * sum(cold, FirstMinute::ttftP99After));
        assertThat(sum(warm, FirstMinute::hitRatio)).isGreaterThan(sum(cold, FirstMinute::hitRatio) + 0.1);
    }

    @Test
    void endpointsThatAreKnownToRestartHandOverWhatTheyHoldAndKeepNobodyWaiting() {
        Load load = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 12, 4100, 1).read();
        List<Replay> both = Stream.of(30.0, 0.0)
                .map(prewarmSeconds -> {
                    Scenario scenario = Scenario.of("--restart-each=120", "--notice=30", "--prewarm=" + prewarmSeconds);
                    Replay replay = new Replay(
                            load,
                            ReplaySettings.of(7, 400_000).withScenario(scenario),
                            NamedPolicy.parse("expected-cost"),
                            share -> {});
                    replay.run();
                    return replay;
                })
                .toList();
        List<MinuteAfter> handed = both.get(0).minutesAfter().subList(0, 2);
        assertThat(handed)
                .allSatisfy(minute -> assertThat(minute.handedTokens()).isBetween(50_000L, 200_000L));
        assertThat(both.get(1).minutesAfter())
                .allSatisfy(minute -> assertThat(minute.handedTokens()).isZero());
        List<FirstMinute> warm = both.get(0).firstMinutes().subList(0, 2);
        List<FirstMinute> cold = both.get(1).firstMinutes().subList(0, 2);
        assertThat(warm).allSatisfy(minute -> assertThat(minute.warmedTokens()).isBetween(50_000L, 200_000L));
        assertThat(sum(warm, FirstMinute::ttftP99After)).isLessThan(0.7 * sum(cold, FirstMinute::ttftP99After));
        assertThat(sum(warm, FirstMinute::hitRatio)).isGreaterThan(sum(cold, FirstMinute::hitRatio));
    }

    /** One of seven after the other is drained, restarted and put back, two of them here. */
    private static List<FirstMinute> drained(double prewarmSeconds) {
        Load load = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 12, 4100, 1).read();
        Scenario scenario = Scenario.of("--restart-each=120", "--drain=3", "--prewarm=" + prewarmSeconds);
        Replay replay = new Replay(
                load,
                ReplaySettings.of(7, 400_000).withScenario(scenario),
                NamedPolicy.parse("expected-cost"),
                share -> {});
        replay.run();
        return replay.firstMinutes().subList(0, 2);
    }

    @Test
    void endpointsThatAreDrainedAndRestartedServeWhatTheyHeldBeforeFromTheirCachesAndKeepNobodyWaiting() {
        List<FirstMinute> warm = drained(20);
        List<FirstMinute> cold = drained(0);
        assertThat(warm).allSatisfy(minute -> {
            assertThat(minute.warmedTokens()).isBetween(100_000L, 200_000L);
            assertThat(minute.hitRatio()).isGreaterThan(0.8 * minute.attainableHitRatio());
        });
        assertThat(sum(warm, FirstMinute::hitRatio)).isGreaterThan(sum(cold, FirstMinute::hitRatio) + 0.2);
        assertThat(sum(warm, FirstMinute::ttftP99After)).isLessThan(1.3 * sum(warm, FirstMinute::ttftP99Before));
        assertThat(cold).allSatisfy(minute -> assertThat(minute.warmedTokens()).isZero());
    }

    private static double sum(List<FirstMinute> minutes, ToDoubleFunction<FirstMinute> value) {
        return minutes.stream().mapToDouble(value).sum();
    }
}
