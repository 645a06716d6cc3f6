package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;

/**
 * The counters and gauges of an engine at one moment. Immutable.
 *
 * @param queriedTokens prompt tokens looked up in the prefix cache, each request once; 0 without prefix caching
 * @param hitTokens those of them that were found
 * @param running requests in the batch
 * @param waiting requests in the queue
 * @param kvCacheUsage share of blocks held by running requests, in [0, 1]; idle cached blocks count as free
 * @param preemptions times that a running request lost its blocks to an older one
 * @param promptTokens tokens of the prompts that were computed to their end
 * @param generationTokens tokens generated
 * @param stopped requests that ended by themselves
 * @param lengthReached requests that ended at the asked length
 * @param aborted requests that were cancelled
 */
public record EngineStats(
        long queriedTokens,
        long hitTokens,
        int running,
        int waiting,
        double kvCacheUsage,
        long preemptions,
        long promptTokens,
        long generationTokens,
        long stopped,
        long lengthReached,
        long aborted) {

    /** The counts of both engines together; of the cache usage, the higher. */
    public EngineStats plus(EngineStats other) {
        return new EngineStats(
                queriedTokens + other.queriedTokens,
                hitTokens + other.hitTokens,
                running + other.running,
                waiting + other.waiting,
                Math.max(kvCacheUsage, other.kvCacheUsage),
                preemptions + other.preemptions,
                promptTokens + other.promptTokens,
                generationTokens + other.generationTokens,
                stopped + other.stopped,
                lengthReached + other.lengthReached,
                aborted + other.aborted);
    }

    /** Requests that ended for this reason. */
    public long finished(FinishReason reason) {
        return switch (reason) {
            case STOP -> stopped;
            case LENGTH -> lengthReached;
            case ABORT -> aborted;
        };
    }
}
