package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prompts of a gateway's own that engines compute, as many at a time as a gateway sends, until a deadline. Not thread-safe. */
final class OwnPrompts {
    /** The gateway's, by default. */
    static final long MOST_TOKENS = 200_000;

    private static final int AT_A_TIME = 4;

    /** Where they go, and who hears of them. */
    interface Plan {

        /** Who computes it; null: nobody, and the next one follows. */
        @Nullable
        ReplayEndpoint place(Shared prompt);

        /** It is about to be sent to the endpoint. */
        default void sent(ReplayEndpoint endpoint, Shared prompt) {}

        /** It is over; computed unless the endpoint was lost meanwhile. */
        void ended(ReplayEndpoint endpoint, Shared prompt, boolean computed);

        /** All are over. Not told if it was given up. */
        void over();
    }

    private final Iterator<Shared> prompts;
    private final long untilNanos;
    private final Plan plan;
    private final Set<Running> running = new LinkedHashSet<>();
    private boolean over;
    private long tokensLeft;
    private long computedTokens;

    /**
     * @param mostTokens that they may compute, all of them
     * @param untilNanos none begins later
     */
    OwnPrompts(List<Shared> prompts, long mostTokens, long untilNanos, Plan plan) {
        this.prompts = prompts.iterator();
        this.tokensLeft = mostTokens;
        this.untilNanos = untilNanos;
        this.plan = plan;
    }

    /** Begins with as many as there may be at a time, or ends at once where there are none. */
    void next(long nowNanos) {
        while (!over && running.size() < AT_A_TIME && prompts.hasNext() && nowNanos < untilNanos) {
            Shared prompt = prompts.next();
            ReplayEndpoint endpoint = plan.place(prompt);
            int tokens = tokens(prompt);
            if (endpoint != null && tokens <= tokensLeft) {
                tokensLeft -= tokens;
                plan.sent(endpoint, prompt);
                Running begun = new Running(endpoint, prompt);
                running.add(begun);
                begun.sequence = endpoint.engine().submit(request(prompt, begun), nowNanos);
            }
        }
        if (!over && running.isEmpty()) {
            over = true;
            plan.over();
        }
    }

    private static EngineRequest request(Shared shared, EngineRequest.Listener listener) {
        PromptBlocks prompt = shared.call().prompt();
        long[] hashes = new long[prompt.length()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = prompt.hash(i);
        }
        return new EngineRequest(tokens(shared), 1, hashes, FinishReason.LENGTH, listener);
    }

    static int tokens(Shared shared) {
        return (int) (shared.call().prompt().bytes() / LoadRequest.BYTES_PER_TOKEN);
    }

    /** Whether an endpoint computes one of them now. */
    boolean isAt(ReplayEndpoint endpoint) {
        return running.stream().anyMatch(request -> request.endpoint == endpoint);
    }

    /** No more begin, and nobody hears of those that have. */
    void giveUp(long nowNanos) {
        over = true;
        List.copyOf(running).forEach(request -> request.cancel(nowNanos));
    }

    /** Prompt tokens that this has cost. */
    long computedTokens() {
        return computedTokens;
    }

    private final class Running implements EngineRequest.Listener {
        private final ReplayEndpoint endpoint;
        private final Shared prompt;
        private @Nullable EngineSequence sequence;

        Running(ReplayEndpoint endpoint, Shared prompt) {
            this.endpoint = endpoint;
            this.prompt = prompt;
        }

        void cancel(long nowNanos) {
            endpoint.engine().cancel(Objects.requireNonNull(sequence), nowNanos);
        }

        @Override
        public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
            running.remove(this);
            boolean computed = reason != FinishReason.ABORT;
            if (computed) {
                tokensLeft += ended.cachedTokens();
                computedTokens += ended.request().promptTokens() - ended.cachedTokens();
            }
            plan.ended(endpoint, prompt, computed);
            next(nowNanos);
        }
    }
}
