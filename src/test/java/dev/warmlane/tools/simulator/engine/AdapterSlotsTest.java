package dev.warmlane.tools.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdapterSlotsTest implements EngineRequest.Listener {
    private static final EngineModel MODEL = new EngineModel(100, 1, 0, 0, 0, 64, 8);

    private final List<String> events = new ArrayList<>();
    private final SimulatedEngine engine =
            new SimulatedEngine(MODEL, new CacheConfig(4, 100, true), new AdapterConfig(2, Duration.ofNanos(1000)));
    private long now;

    @Test
    void loadingTakesItsTimeOnce() {
        run("a");
        run("a");
        run(null);
        assertThat(events).containsExactly("a at 1110", "a at 1220", "null at 1330");
        assertThat(engine.adapterStats().loads()).isEqualTo(1);
    }

    @Test
    void theOneNotUsedForLongestGivesUpItsSlot() {
        run("a");
        run("b");
        run("a");
        run("c");
        long loads = engine.adapterStats().loads();
        run("a");
        run("c");
        assertThat(engine.adapterStats().loads()).isEqualTo(loads).isEqualTo(3);
        run("b");
        assertThat(engine.adapterStats().loads()).isEqualTo(4);
    }

    @Test
    void whatNeedsASlotThatRequestsUseWaitsAndLetsOthersPass() {
        submit("a", 3);
        submit("b", 1);
        submit("c", 1);
        submit(null, 1);
        submit("a", 1);
        assertThat(engine.adapterStats().running()).containsExactly("a");
        step();
        assertThat(engine.adapterStats().waiting()).containsExactly("c");
        assertThat(engine.adapterStats().running()).containsExactly("a", "b");
        assertThat(engine.stats().running()).isEqualTo(4);
        step();
        assertThat(engine.adapterStats().running()).containsExactly("a", "c");
    }

    @Test
    void oneThatIsLoadedAheadIsThere() {
        engine.loadAdapter("a");
        run("a");
        run("a");
        assertThat(events).containsExactly("a at 1110", "a at 1220");
        engine.unloadAdapter("a");
        run("a");
        assertThat(engine.adapterStats().loads()).isEqualTo(2);
    }

    private void run(String adapter) {
        submit(adapter, 1);
        while (engine.nextStepEnd() != SimulatedEngine.IDLE) {
            step();
        }
    }

    private void step() {
        now = engine.nextStepEnd();
        engine.advance(now);
    }

    private void submit(String adapter, int outputTokens) {
        engine.submit(new EngineRequest(10, outputTokens, new long[0], FinishReason.LENGTH, this, adapter), now);
    }

    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {
        events.add(sequence.request().adapter() + " at " + nowNanos);
    }
}
