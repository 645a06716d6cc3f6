package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import dev.warmlane.tools.replay.rules.StickyTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An endpoint that joins while all sessions have begun and the others are overloaded. */
class NewEndpointTest {
    private static final double ADDED_SECONDS = 100;
    private static final ReplaySettings SETTINGS =
            ReplaySettings.of(8, 400_000).withScenario(Scenario.of("--add=" + ADDED_SECONDS));
    private static final Load LOAD = new MultiTurnLoad(128, 12, 1024, 4096, 200, 10, 1).read();

    /** When requests were sent after it had joined, in seconds since. */
    private final List<Double> all = new ArrayList<>();

    private final List<Double> toNew = new ArrayList<>();

    private void run(PolicyMaker policy) {
        PolicyMaker watched = clock -> new WatchedPolicy(policy.make(clock), decision -> {
            double seconds = clock.read() / 1e9 - ADDED_SECONDS;
            if (seconds >= 0) {
                all.add(seconds);
                if (decision.endpoint().name().startsWith("pod-8-")) {
                    toNew.add(seconds);
                }
            }
        });
        new Replay(LOAD, SETTINGS, watched, share -> {}).run();
    }

    @Test
    void expectedCostGivesItTrafficWithinASecondAndNoStampede() {
        run(NamedPolicy.parse("expected-cost"));
        assertThat(toNew.get(0)).isLessThan(1);
        // Half to twice its share of the first half minute.
        long early = all.stream().filter(seconds -> seconds < 30).count();
        long earlyToNew = toNew.stream().filter(seconds -> seconds < 30).count();
        assertThat((double) earlyToNew / early).isBetween(0.5 / 9, 2.0 / 9);
    }

    @Test
    void aStickyTableLeavesItIdle() {
        run(clock -> new StickyTable());
        assertThat(all).hasSizeGreaterThan(100);
        assertThat(toNew).isEmpty();
    }
}
