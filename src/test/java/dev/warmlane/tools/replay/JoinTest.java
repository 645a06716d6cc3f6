package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.SharedPrefixLoad;
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

    @Test
    void endpointThatJoinsWithAnEmptyCacheKeepsNobodyWaitingForLong() {
        JoinReport joins = joined(0).joins();
        assertThat(joins.lastTtftRatio()).isLessThan(2.5);
        assertThat(joins.lastWarmedTokens()).isZero();
    }

    @Test
    void endpointWhoseCacheIsFilledFirstServesFromItInItsFirstMinute() {
        Replay replay = joined(30);
        JoinReport joins = replay.joins();
        assertThat(joins.lastHitRatio()).isGreaterThan(0.85);
        assertThat(joins.lastTtftRatio()).isLessThan(1.3);
        assertThat(joins.lastWarmedTokens() * replay.secondsPerToken())
                .isPositive()
                .isLessThan(0.03 * TEN_MINUTES);
    }
}
