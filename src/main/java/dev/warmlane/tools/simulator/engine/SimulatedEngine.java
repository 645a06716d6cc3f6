package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One vLLM engine, as a discrete-event model: requests go in, time is told, tokens come out. It has no thread and no clock;
 * its driver calls {@link #advance} at or after {@link #nextStepEnd}. Not thread-safe: one thread drives it.
 *
 * <p>An engine works in steps. A step computes the next token of every decoding request, then goes on with prompts that are
 * partly computed, then admits waiting requests in the order they came, and takes as long as its {@link EngineModel} says.
 * Blocks can be found by others from the end of the step that filled them on. When a request ends, its blocks stay in the cache
 * until they are the least recently released and another request needs them, the tail of a sequence before its head.
 *
 * <p>Implementation note: a step costs a few nanoseconds for each running request and allocates nothing, so hours of traffic
 * replay in seconds without leaving out any step. One difference from vLLM, which publishes a block when it is scheduled: two
 * requests that are admitted in the same step do not share what that step computes.
 */
public final class SimulatedEngine {
    /** No step is in progress. */
    public static final long IDLE = Long.MAX_VALUE;

    private static final EngineSequence[] NONE = {};

    private final EngineModel model;
    private final CacheConfig cache;
    private final Batch batch;
    private final EngineModel.StepLoad load = new EngineModel.StepLoad();
    private EngineSequence[] inStep = NONE;
    private double slowdown = 1;
    private long stepEnd = IDLE;
    private boolean onlyFetching;
    private boolean endingStep;

    private long submitted;
    private long promptTokens;
    private long generationTokens;
    private final Map<FinishReason, Long> finished = new EnumMap<>(FinishReason.class);

    /** An engine to which adapters cost nothing. */
    public SimulatedEngine(EngineModel model, CacheConfig cache) {
        this(model, cache, AdapterConfig.NONE);
    }

    /** An engine that has nothing to do, with an empty cache and no adapter loaded. */
    public SimulatedEngine(EngineModel model, CacheConfig cache, AdapterConfig adapters) {
        this.model = model;
        this.cache = cache;
        this.batch = new Batch(model, cache, adapters);
    }

    /**
     * Queues a request, and begins a step if none is in progress.
     *
     * @param nowNanos not before any earlier time this engine was told
     * @throws IllegalArgumentException if prompt and output together do not fit into the cache
     */
    public EngineSequence submit(EngineRequest request, long nowNanos) {
        long tokens = (long) request.promptTokens() + request.outputTokens();
        if (tokens > cache.capacityTokens()) {
            throw new IllegalArgumentException("prompt and output: %d tokens (expected: <= %d, the cache)"
                    .formatted(tokens, cache.capacityTokens()));
        }
        catchUp(nowNanos);
        EngineSequence sequence = new EngineSequence(request, submitted++, nowNanos);
        batch.enqueue(sequence);
        beginStepIfIdle(nowNanos);
        return sequence;
    }

    /**
     * Aborts the request, releases its blocks and tells its listener. The step in progress still takes its time.
     *
     * @return false if it had ended before
     */
    public boolean cancel(EngineSequence sequence, long nowNanos) {
        catchUp(nowNanos);
        if (sequence.isFinished()) {
            return false;
        }
        finish(sequence, FinishReason.ABORT, nowNanos);
        return true;
    }

    /** Frees the blocks that were kept for another engine; those of a request that is not finished, or were freed, stay as they are. */
    public void release(EngineSequence sequence, long nowNanos) {
        catchUp(nowNanos);
        if (batch.release(sequence)) {
            beginStepIfIdle(nowNanos);
        }
    }

    /** When the step in progress ends or, if there is none, what is being fetched will be there; or {@link #IDLE}. */
    public long nextStepEnd() {
        return stepEnd;
    }

    /** Ends every step that ends at this time or before, each followed by the next at once. */
    public void advance(long nowNanos) {
        while (stepEnd <= nowNanos) {
            long end = stepEnd;
            endStep(end);
            stepEnd = IDLE;
            beginStepIfIdle(end);
        }
    }

    /** Aborts all requests and empties the cache, as an engine does that falls asleep. */
    public void abortAll(long nowNanos) {
        batch.all().forEach(sequence -> cancel(sequence, nowNanos));
        batch.emptyCache();
    }

    /**
     * Makes every step from the next one on take this many times as long: a server that warms up, a throttled GPU.
     *
     * @param factor > 0; 1 is the model's own speed
     */
    public void slowDown(double factor) {
        if (!(factor > 0 && factor < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("slowdown: %s (expected: > 0)".formatted(factor));
        }
        slowdown = factor;
    }

    /** Loads an adapter within the next step, unless it is there or requests use all slots. */
    public void loadAdapter(String adapter) {
        batch.adapters.load(adapter);
    }

    /** Gives up the slot of an adapter. */
    public void unloadAdapter(String adapter) {
        batch.adapters.unload(adapter);
    }

    /** The adapters as they are now. */
    public AdapterStats adapterStats() {
        return new AdapterStats(batch.adapters.loads, batch.adapters.running(), batch.waitingAdapters());
    }

    /**
     * Adapters at one moment. Immutable.
     *
     * @param loads how often one was loaded
     * @param running those of the requests in the batch
     * @param waiting those of the requests in the queue
     */
    public record AdapterStats(long loads, List<String> running, List<String> waiting) {
        public AdapterStats {
            running = List.copyOf(running);
            waiting = List.copyOf(waiting);
        }
    }

    /** The counters and gauges as they are now. */
    public EngineStats stats() {
        return new EngineStats(
                batch.queriedTokens,
                batch.hitTokens,
                batch.running().size(),
                batch.waiting(),
                batch.usage(),
                batch.preemptions,
                promptTokens,
                generationTokens,
                finished.getOrDefault(FinishReason.STOP, 0L),
                finished.getOrDefault(FinishReason.LENGTH, 0L),
                finished.getOrDefault(FinishReason.ABORT, 0L));
    }

    /** A driver on a real clock is late by nature: what should have ended before now ends before anything new begins. */
    private void catchUp(long nowNanos) {
        if (!endingStep) {
            advance(nowNanos);
        }
    }

    private void beginStepIfIdle(long nowNanos) {
        if (endingStep || (stepEnd != IDLE && !onlyFetching)) {
            return;
        }
        batch.schedule(nowNanos);
        List<EngineSequence> running = batch.running();
        onlyFetching = running.isEmpty();
        if (onlyFetching) {
            stepEnd = batch.nextFetched();
            return;
        }
        load.clear();
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).stepTokens > 0) {
                load.add(running.get(i));
            }
        }
        long loading = batch.adapters.takeLoadNanos();
        stepEnd = nowNanos + Math.max(1, Math.round((model.nanos(load) + loading) * slowdown));
    }

    private void endStep(long nowNanos) {
        endingStep = true;
        // Listeners may cancel requests, which changes the list of running ones.
        inStep = batch.running().toArray(inStep);
        for (int i = 0; i < inStep.length && inStep[i] != null; i++) {
            EngineSequence sequence = inStep[i];
            if (sequence.stepTokens > 0) {
                batch.completeStep(sequence);
                if (sequence.computedTokens == sequence.knownTokens()) {
                    generate(sequence, nowNanos);
                }
            }
        }
        Arrays.fill(inStep, null);
        endingStep = false;
    }

    private void generate(EngineSequence sequence, long nowNanos) {
        EngineRequest request = sequence.request;
        if (sequence.generatedTokens == 0) {
            promptTokens += request.promptTokens();
        }
        if (request.outputTokens() > 0) {
            sequence.generatedTokens++;
            generationTokens++;
            if (sequence.generatedTokens == 1) {
                sequence.firstTokenNanos = nowNanos;
            }
            request.listener().token(sequence, nowNanos);
        }
        if (sequence.generatedTokens == request.outputTokens() && !sequence.isFinished()) {
            finish(sequence, request.end(), nowNanos);
        }
    }

    private void finish(EngineSequence sequence, FinishReason reason, long nowNanos) {
        if (reason != FinishReason.ABORT && sequence.keeps()) {
            batch.keep(sequence);
        } else {
            batch.remove(sequence);
        }
        finished.merge(reason, 1L, Long::sum);
        sequence.request.listener().finished(sequence, reason, nowNanos);
    }
}
