package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Steps an engine in real time from an event loop's timer. While it sleeps or ends, no time passes for the engine: running requests
 * stand still, new ones wait. Every method is called on that event loop.
 */
final class EngineDriver {
    private final SimulatedEngine engine;
    private final EventLoop loop;
    private final LongSupplier nanoClock;
    private @Nullable Future<?> timer;
    private long timerNanos = SimulatedEngine.IDLE;
    private boolean ending;
    private @Nullable Integer sleepLevel;
    private @Nullable Long haltedNanos;
    private long lostNanos;

    EngineDriver(SimulatedEngine engine, EventLoop loop, LongSupplier nanoClock) {
        this.engine = engine;
        this.loop = loop;
        this.nanoClock = nanoClock;
    }

    EngineSequence submit(EngineRequest request) {
        EngineSequence sequence = engine.submit(request, now());
        schedule();
        return sequence;
    }

    void cancel(EngineSequence sequence) {
        engine.cancel(sequence, now());
        schedule();
    }

    /** Frees blocks that were kept for another engine. */
    void release(EngineSequence sequence) {
        engine.release(sequence, now());
        schedule();
    }

    void slowDown(double factor) {
        engine.slowDown(factor);
    }

    void loadAdapter(String adapter) {
        engine.loadAdapter(adapter);
    }

    void unloadAdapter(String adapter) {
        engine.unloadAdapter(adapter);
    }

    SimulatedEngine.AdapterStats adapterStats() {
        return engine.adapterStats();
    }

    EngineStats stats() {
        return engine.stats();
    }

    /** Whether it is shutting down as vLLM does. */
    void ending(boolean ends) {
        ending = ends;
        haltOrGoOn();
    }

    /**
     * Falls asleep: aborts what is under way and empties the cache.
     *
     * @param level 0 to 2, as in vLLM
     */
    void sleep(int level) {
        sleepLevel = level;
        engine.abortAll(now());
        haltOrGoOn();
    }

    void wakeUp() {
        sleepLevel = null;
        haltOrGoOn();
    }

    /** How deep it sleeps; null while it is awake. */
    @Nullable
    Integer sleepLevel() {
        return sleepLevel;
    }

    private void haltOrGoOn() {
        boolean halt = ending || sleepLevel != null;
        if (halt && haltedNanos == null) {
            haltedNanos = now();
            stop();
        } else if (!halt && haltedNanos != null) {
            lostNanos = nanoClock.getAsLong() - haltedNanos;
            haltedNanos = null;
        }
        schedule();
    }

    /** The engine's time. */
    private long now() {
        return haltedNanos != null ? haltedNanos : nanoClock.getAsLong() - lostNanos;
    }

    /** Stops stepping; what is running stays as it is. */
    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
        timer = null;
        timerNanos = SimulatedEngine.IDLE;
    }

    private void schedule() {
        if (haltedNanos != null || engine.nextStepEnd() == timerNanos) {
            return;
        }
        stop();
        timerNanos = engine.nextStepEnd();
        if (timerNanos != SimulatedEngine.IDLE) {
            timer = loop.schedule(this::advance, timerNanos - now(), TimeUnit.NANOSECONDS);
        }
    }

    private void advance() {
        timerNanos = SimulatedEngine.IDLE;
        engine.advance(now());
        schedule();
    }
}
