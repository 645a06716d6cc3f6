package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * The running and waiting requests of an engine and the blocks they hold: decides what the next step computes. As in vLLM the
 * order of arrival is the order of everything, the queue waits behind its head, and when blocks run out the newest running
 * request gives up its own and is computed anew later.
 */
final class Batch {
    /** Admission leaves this share of blocks free, so that running requests do not have to be preempted at once. */
    private static final double WATERMARK = 0.01;

    private final EngineModel model;
    private final CacheConfig cache;
    final AdapterSlots adapters;
    private BlockPool pool;
    private final int watermarkBlocks;
    private final List<EngineSequence> running = new ArrayList<>();
    private final ArrayDeque<EngineSequence> waiting = new ArrayDeque<>();
    private final List<EngineSequence> fetching = new ArrayList<>();
    private int[] hits = new int[64];
    private int budget;

    long queriedTokens;
    long hitTokens;
    long preemptions;

    Batch(EngineModel model, CacheConfig cache, AdapterConfig adapters) {
        this.model = model;
        this.cache = cache;
        this.adapters = new AdapterSlots(adapters);
        this.pool = new BlockPool(cache.blocks(), cache.wasteless());
        this.watermarkBlocks = (int) (cache.blocks() * WATERMARK);
    }

    List<EngineSequence> running() {
        return running;
    }

    /** When the first of the blocks that are being fetched will be there; {@link Long#MAX_VALUE} if none are. */
    long nextFetched() {
        long next = Long.MAX_VALUE;
        for (EngineSequence sequence : fetching) {
            next = Math.min(next, sequence.fetchedNanos);
        }
        return next;
    }

    /** Those that run, fetch or wait. */
    List<EngineSequence> all() {
        List<EngineSequence> all = new ArrayList<>(running);
        all.addAll(fetching);
        all.addAll(waiting);
        return all;
    }

    /** Forgets what blocks hold. No request may be there. */
    void emptyCache() {
        pool = new BlockPool(cache.blocks(), cache.wasteless());
    }

    int waiting() {
        return waiting.size();
    }

    /** Adapters of the requests in the queue, in the order in which they came. */
    List<String> waitingAdapters() {
        Set<String> names = new LinkedHashSet<>();
        for (EngineSequence sequence : waiting) {
            if (sequence.request.adapter() != null) {
                names.add(sequence.request.adapter());
            }
        }
        return List.copyOf(names);
    }

    double usage() {
        return 1 - (double) pool.freeBlocks() / cache.blocks();
    }

    void enqueue(EngineSequence sequence) {
        waiting.add(sequence);
    }

    /** Gives every request its tokens of the next step; those of requests that do not take part are 0. */
    void schedule(long nowNanos) {
        budget = model.maxStepTokens();
        startFetched(nowNanos);
        long preemptionsBefore = preemptions;
        // By index: preemption shortens the list from its end.
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).decoding()) {
                continueSequence(running.get(i));
            }
        }
        for (int i = 0; i < running.size() && budget > 0; i++) {
            if (!running.get(i).decoding()) {
                continueSequence(running.get(i));
            }
        }
        if (preemptions == preemptionsBefore) {
            admitWaiting(nowNanos);
        }
    }

    /** Counts the tokens of the step that ended as computed and lets others find the blocks that they filled. */
    void completeStep(EngineSequence sequence) {
        sequence.computedTokens += sequence.stepTokens;
        sequence.stepTokens = 0;
        int full = sequence.computedTokens / cache.blockSizeTokens();
        for (int i = sequence.publishedBlocks; i < full && cache.prefixCaching(); i++) {
            sequence.blocks[i] = pool.publish(sequence.blocks[i], sequence.blockHash(i));
        }
        sequence.publishedBlocks = full;
    }

    /** Takes the request out, wherever it is, and releases its blocks. */
    void remove(EngineSequence sequence) {
        if (running.remove(sequence) || fetching.remove(sequence)) {
            adapters.ended(sequence.request.adapter());
            releaseBlocks(sequence);
        } else {
            waiting.remove(sequence);
        }
        sequence.state = EngineSequence.State.FINISHED;
    }

    /** Ends a running request whose blocks another engine will fetch. */
    void keep(EngineSequence sequence) {
        running.remove(sequence);
        adapters.ended(sequence.request.adapter());
        sequence.state = EngineSequence.State.KEPT;
    }

    /** False if its blocks are not kept. */
    boolean release(EngineSequence sequence) {
        if (sequence.state != EngineSequence.State.KEPT) {
            return false;
        }
        releaseBlocks(sequence);
        sequence.state = EngineSequence.State.FINISHED;
        return true;
    }

    /** Whose blocks have come runs from now on: it has but the last token of its prompt to compute, whose output is needed. */
    private void startFetched(long nowNanos) {
        for (Iterator<EngineSequence> all = fetching.iterator(); all.hasNext(); ) {
            EngineSequence sequence = all.next();
            if (sequence.fetchedNanos <= nowNanos) {
                all.remove();
                sequence.computedTokens = sequence.request.promptTokens() - 1;
                sequence.state = EngineSequence.State.RUNNING;
                running.add(sequence);
                sequence.request.listener().fetched(sequence, nowNanos);
            }
        }
    }

    private void continueSequence(EngineSequence sequence) {
        int tokens = Math.min(budget, sequence.knownTokens() - sequence.computedTokens);
        int missing = cache.blocksFor(sequence.computedTokens + tokens) - sequence.blockCount;
        while (missing > pool.freeBlocks()) {
            EngineSequence newest = running.get(running.size() - 1);
            preempt(newest);
            if (newest == sequence) {
                return;
            }
        }
        take(sequence, missing);
        startTokens(sequence, tokens);
    }

    private void admitWaiting(long nowNanos) {
        if (waiting.isEmpty()) {
            return;
        }
        Iterator<EngineSequence> queue = waiting.iterator();
        while (budget > 0 && running.size() + fetching.size() < model.maxSequences() && queue.hasNext()) {
            EngineSequence next = queue.next();
            if (!adapters.admits(next.request.adapter())) {
                continue;
            }
            if (!admit(next, nowNanos)) {
                return;
            }
            queue.remove();
        }
    }

    /** False, and nothing changed, if there is no room for it. */
    private boolean admit(EngineSequence head, long nowNanos) {
        int hitBlocks = findCached(head);
        int cached = hitBlocks * cache.blockSizeTokens();
        boolean fetches = head.fetches();
        int tokens = fetches ? head.knownTokens() - cached : Math.min(budget, head.knownTokens() - cached);
        int missing = cache.blocksFor(cached + tokens) - hitBlocks;
        int freeHits = 0;
        for (int i = 0; i < hitBlocks; i++) {
            freeHits += pool.isFree(hits[i]) ? 1 : 0;
        }
        // An empty batch admits whatever fits: nobody is left to wait for.
        int reserve = running.isEmpty() && fetching.isEmpty() ? 0 : watermarkBlocks;
        if (pool.freeBlocks() - freeHits - missing < reserve) {
            return false;
        }
        adapters.started(head.request.adapter());
        for (int i = 0; i < hitBlocks; i++) {
            pool.hold(hits[i]);
            head.append(hits[i]);
        }
        head.publishedBlocks = hitBlocks;
        head.computedTokens = cached;
        take(head, missing);
        if (fetches) {
            fetch(head, tokens, nowNanos);
        } else {
            running.add(head);
            head.state = EngineSequence.State.RUNNING;
            startTokens(head, tokens);
        }
        if (head.admittedNanos == EngineSequence.NEVER) {
            head.admittedNanos = nowNanos;
            head.cachedTokens = cached;
            queriedTokens += cache.prefixCaching() ? head.request.promptTokens() : 0;
            hitTokens += cached;
        }
        return true;
    }

    private void fetch(EngineSequence sequence, int tokens, long nowNanos) {
        LongUnaryOperator fetch = Objects.requireNonNull(
                Objects.requireNonNull(sequence.request.transfer()).fetch());
        sequence.fetchedNanos = nowNanos + Math.max(0, fetch.applyAsLong(tokens));
        sequence.state = EngineSequence.State.FETCHING;
        fetching.add(sequence);
    }

    /** Leaves the leading blocks found in {@code hits}; at least one token stays to be computed, for its output is needed. */
    private int findCached(EngineSequence sequence) {
        if (!cache.prefixCaching()) {
            return 0;
        }
        int most = (sequence.knownTokens() - 1) / cache.blockSizeTokens();
        if (hits.length < most) {
            hits = Arrays.copyOf(hits, most * 2);
        }
        for (int i = 0; i < most; i++) {
            hits[i] = pool.find(sequence.blockHash(i));
            if (hits[i] < 0) {
                return i;
            }
        }
        return most;
    }

    private void take(EngineSequence sequence, int count) {
        for (int i = 0; i < count; i++) {
            sequence.append(pool.take());
        }
    }

    private void startTokens(EngineSequence sequence, int tokens) {
        sequence.stepTokens = tokens;
        budget -= tokens;
    }

    private void preempt(EngineSequence sequence) {
        running.remove(running.size() - 1);
        budget += sequence.stepTokens;
        releaseBlocks(sequence);
        adapters.ended(sequence.request.adapter());
        sequence.state = EngineSequence.State.WAITING;
        waiting.addFirst(sequence);
        preemptions++;
    }

    private void releaseBlocks(EngineSequence sequence) {
        for (int i = sequence.blockCount - 1; i >= 0; i--) {
            pool.release(sequence.blocks[i]);
        }
        sequence.blockCount = 0;
        sequence.publishedBlocks = 0;
        sequence.computedTokens = 0;
        sequence.stepTokens = 0;
    }
}
