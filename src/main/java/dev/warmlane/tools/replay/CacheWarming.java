package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills the cache of an endpoint, one prompt after the other, before it takes requests. */
final class CacheWarming implements EngineRequest.Listener {
    private final ReplayEndpoint endpoint;
    private final long untilNanos;
    private final Done done;
    private final List<PromptBlocks> warmed = new ArrayList<>();
    private Iterator<PromptBlocks> prompts = Collections.emptyIterator();
    private @Nullable PromptBlocks current;
    private @Nullable EngineSequence sequence;
    private long computedTokens;

    /** Hears that it is over. */
    interface Done {
        void warmed(ReplayEndpoint endpoint, CacheWarming warming);
    }

    /**
     * @param untilNanos none begins later
     * @param done runs once it is over, unless it is given up
     */
    CacheWarming(ReplayEndpoint endpoint, long untilNanos, Done done) {
        this.endpoint = endpoint;
        this.untilNanos = untilNanos;
        this.done = done;
    }

    /** Begins, or ends at once where there is nothing to do. */
    void begin(List<PromptBlocks> worthWarming, long nowNanos) {
        prompts = worthWarming.iterator();
        next(nowNanos);
    }

    private void next(long nowNanos) {
        if (!prompts.hasNext() || nowNanos >= untilNanos) {
            endpoint.warming(null);
            done.warmed(endpoint, this);
            return;
        }
        current = prompts.next();
        long[] hashes = new long[current.length()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = current.hash(i);
        }
        int tokens = (int) (current.bytes() / LoadRequest.BYTES_PER_TOKEN);
        sequence = endpoint.engine().submit(new EngineRequest(tokens, 1, hashes, FinishReason.LENGTH, this), nowNanos);
    }

    /** The endpoint is gone, or nobody needs it any more. */
    void giveUp(long nowNanos) {
        if (sequence != null) {
            endpoint.engine().cancel(sequence, nowNanos);
        }
    }

    @Override
    public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
        if (reason == FinishReason.ABORT || current == null) {
            return;
        }
        computedTokens += ended.request().promptTokens() - ended.cachedTokens();
        warmed.add(current);
        next(nowNanos);
    }

    /** What the cache holds now. */
    List<PromptBlocks> warmed() {
        return warmed;
    }

    /** Prompt tokens that this has cost. */
    long computedTokens() {
        return computedTokens;
    }
}
