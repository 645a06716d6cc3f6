package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.PoissonLoad.AdaptersLoad;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A thousand adapters, few of them popular, on eight endpoints with 16 slots each, with prompts that say nothing of them. */
class AdapterPlacementTest {
    private static final Load LOAD = new AdaptersLoad(1000, 0, 500, 200, 20, 6000, 1).read();
    private static final ReplaySettings SETTINGS =
            ReplaySettings.of(8, 400_000).withAdapters(new AdapterConfig(16, Duration.ofMillis(500)));

    private static PolicyResult run(String policy, ReplaySettings settings) {
        return new Replay(LOAD, settings, NamedPolicy.parse(policy), share -> {}).run();
    }

    private static double loads(PolicyResult result) {
        return Objects.requireNonNull(result.adapterLoadsPerRequest());
    }

    @Test
    void loadsFewerAdaptersThanWhatIsBlindToThem() {
        PolicyResult placed = run("expected-cost", SETTINGS);
        PolicyResult blind = run("least-requests", SETTINGS);
        // The 128 most popular are 0.73 of the requests; another 0.11 are the first of their adapter.
        assertThat(loads(placed)).isLessThan(0.42);
        assertThat(loads(placed)).isLessThan(0.65 * loads(blind));
        assertThat(placed.ttft().mean()).isLessThan(0.1 * blind.ttft().mean());
    }

    @Test
    void replicasThatShareNothingLoadHardlyMore() {
        PolicyResult placed = run("expected-cost", SETTINGS.withScenario(Scenario.of("--gateways=3")));
        assertThat(loads(placed)).isLessThan(0.44);
    }

    @Test
    void adaptersThatCostNothingAreNotCounted() {
        assertThat(run("expected-cost", ReplaySettings.of(8, 400_000)).adapterLoadsPerRequest())
                .isNull();
    }
}
