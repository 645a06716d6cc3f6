package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.SharedPrefixes.Shared;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prompts that no client has sent and that engines compute, one after the other, until a time. */
final class OwnPrompts implements EngineRequest.Listener {

    /** Where they go, and who hears of them. */
    interface Plan {

        /** Who computes it; null: nobody, and the next one follows. */
        @Nullable
        ReplayEndpoint place(Shared prompt);

        /** It is over; computed unless the endpoint was lost meanwhile. */
        void ended(ReplayEndpoint endpoint, Shared prompt, boolean computed);

        /** All are over. Not told if an endpoint was lost meanwhile. */
        void over();
    }

    private final Iterator<Shared> prompts;
    private final long untilNanos;
    private final Plan plan;
    private @Nullable Shared current;
    private @Nullable ReplayEndpoint endpoint;
    private @Nullable EngineSequence sequence;
    private long computedTokens;

    /** @param untilNanos none begins later */
    OwnPrompts(List<Shared> prompts, long untilNanos, Plan plan) {
        this.prompts = prompts.iterator();
        this.untilNanos = untilNanos;
        this.plan = plan;
    }

    /** Begins with the next one, or ends at once where there is none. */
    void next(long nowNanos) {
        while (prompts.hasNext() && nowNanos < untilNanos) {
            current = prompts.next();
            endpoint = plan.place(current);
            if (endpoint != null) {
                sequence = endpoint.engine().submit(request(current.prompt()), nowNanos);
                return;
            }
        }
        endpoint = null;
        plan.over();
    }

    private EngineRequest request(PromptBlocks prompt) {
        long[] hashes = new long[prompt.length()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = prompt.hash(i);
        }
        return new EngineRequest(tokens(prompt), 1, hashes, FinishReason.LENGTH, this);
    }

    static int tokens(PromptBlocks prompt) {
        return (int) (prompt.bytes() / LoadRequest.BYTES_PER_TOKEN);
    }

    /** Where one is being computed now; null: nowhere. */
    @Nullable
    ReplayEndpoint endpoint() {
        return endpoint;
    }

    /** The endpoint of now is gone, or nobody needs it any more. */
    void giveUp(long nowNanos) {
        if (endpoint != null && sequence != null) {
            endpoint.engine().cancel(sequence, nowNanos);
        }
    }

    @Override
    public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
        ReplayEndpoint at = endpoint;
        Shared prompt = current;
        if (at == null || prompt == null) {
            return;
        }
        boolean computed = reason != FinishReason.ABORT;
        if (!computed) {
            endpoint = null;
        }
        plan.ended(at, prompt, computed);
        if (computed) {
            computedTokens += ended.request().promptTokens() - ended.cachedTokens();
            next(nowNanos);
        }
    }

    /** Prompt tokens that this has cost. */
    long computedTokens() {
        return computedTokens;
    }
}
