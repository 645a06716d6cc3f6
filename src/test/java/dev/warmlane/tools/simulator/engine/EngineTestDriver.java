package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.ArrayList;
import java.util.List;

/** Drives an engine in virtual time and keeps what it said. */
final class EngineTestDriver implements EngineRequest.Listener {
    final SimulatedEngine engine;
    final List<String> events = new ArrayList<>();
    long nowNanos;

    EngineTestDriver(EngineModel model, CacheConfig cache) {
        engine = new SimulatedEngine(model, cache);
    }

    /** Hashes 1000 * family + i for the first blocks of a prompt. */
    EngineSequence submit(int family, int promptTokens, int outputTokens, int hashedBlocks) {
        long[] hashes = new long[hashedBlocks];
        for (int i = 0; i < hashedBlocks; i++) {
            hashes[i] = 1000L * family + i;
        }
        return engine.submit(
                new EngineRequest(promptTokens, outputTokens, hashes, FinishReason.LENGTH, this), nowNanos);
    }

    EngineSequence run(int family, int promptTokens, int outputTokens, int hashedBlocks) {
        EngineSequence sequence = submit(family, promptTokens, outputTokens, hashedBlocks);
        runToEnd();
        return sequence;
    }

    void step() {
        nowNanos = engine.nextStepEnd();
        engine.advance(nowNanos);
    }

    void runToEnd() {
        while (engine.nextStepEnd() != SimulatedEngine.IDLE) {
            step();
        }
    }

    @Override
    public void token(EngineSequence sequence, long now) {
        events.add("token " + sequence.generatedTokens() + " at " + now);
    }

    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long now) {
        events.add(reason.label() + " at " + now);
    }
}
