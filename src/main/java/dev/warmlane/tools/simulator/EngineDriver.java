package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Steps an engine in real time from an event loop's timer. Every method is called on that event loop. */
final class EngineDriver {
    private final SimulatedEngine engine;
    private final EventLoop loop;
    private final LongSupplier nanoClock;
    private @Nullable Future<?> timer;
    private long timerNanos = SimulatedEngine.IDLE;

    EngineDriver(SimulatedEngine engine, EventLoop loop, LongSupplier nanoClock) {
        this.engine = engine;
        this.loop = loop;
        this.nanoClock = nanoClock;
    }

    EngineSequence submit(EngineRequest request) {
        EngineSequence sequence = engine.submit(request, nanoClock.getAsLong());
        schedule();
        return sequence;
    }

    void cancel(EngineSequence sequence) {
        engine.cancel(sequence, nanoClock.getAsLong());
        schedule();
    }

    void slowDown(double factor) {
        engine.slowDown(factor);
    }

    EngineStats stats() {
        return engine.stats();
    }

    /** Stops stepping; what is running stays as it is. */
    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
        timer = null;
    }

    private void schedule() {
        if (engine.nextStepEnd() == timerNanos) {
            return;
        }
        stop();
        timerNanos = engine.nextStepEnd();
        if (timerNanos != SimulatedEngine.IDLE) {
            timer = loop.schedule(this::advance, timerNanos - nanoClock.getAsLong(), TimeUnit.NANOSECONDS);
        }
    }

    private void advance() {
        timerNanos = SimulatedEngine.IDLE;
        engine.advance(nanoClock.getAsLong());
        schedule();
    }
}
