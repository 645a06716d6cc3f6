package dev.warmlane.tools.replay;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import dev.warmlane.tools.simulator.engine.EngineRequest.Transfer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The prompt of a request at a prefill endpoint, where its blocks stay until they were fetched. */
final class PrefillLeg implements EngineRequest.Listener {
    private final VirtualTime time;
    private final Transfers transfers;
    private final LoadRequest request;
    private final Dispatch dispatch;
    private final ReplayEndpoint endpoint;
    private final Runnable then;
    private @Nullable EngineSequence sequence;

    /** @param then what follows when the prompt is computed */
    PrefillLeg(
            VirtualTime time,
            Transfers transfers,
            LoadRequest request,
            Dispatch dispatch,
            ReplayEndpoint endpoint,
            Runnable then) {
        this.time = time;
        this.transfers = transfers;
        this.request = request;
        this.dispatch = dispatch;
        this.endpoint = endpoint;
        this.then = then;
    }

    void submit() {
        EngineRequest prompt = new EngineRequest(
                request.promptTokens(), 1, request.blockHashes(), FinishReason.LENGTH, this, request.adapter());
        sequence = endpoint.engine().submit(prompt.with(Transfer.KEPT), time.now());
    }

    ReplayEndpoint endpoint() {
        return endpoint;
    }

    /** Prompt tokens that it found cached. */
    int cachedTokens() {
        return Objects.requireNonNull(sequence).cachedTokens();
    }

    /** What an endpoint that generates has to fetch. */
    Transfer to(ReplayEndpoint other) {
        return new Transfer(tokens -> transfers.fetch(endpoint, other, (int) tokens, time.now()));
    }

    /** Its blocks were fetched. */
    void release() {
        // Later at the same time: engines call this from within their steps.
        time.at(time.now(), () -> endpoint.engine().release(Objects.requireNonNull(sequence), time.now()));
    }

    @Override
    public void token(EngineSequence computed, long nowNanos) {
        dispatch.accepted();
        dispatch.firstToken();
    }

    @Override
    public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
        dispatch.delivered(new UsageReport(request.promptTokens(), 1, (long) ended.cachedTokens()));
        time.at(nowNanos, then);
    }

    /**
     * KV blocks on their way from prefill to decode endpoints. Each endpoint sends and receives over one network interface, one transfer
     * after the other. Used by one thread.
     */
    static final class Transfers {
        /** Of any transfer, besides what its bytes take: the messages by which engines agree on it. An assumption, not measured. */
        private static final double FIXED_NANOS = 5e6;

        private static final double BITS = 8;

        private final double nanosPerToken;

        /**
         * @param gbps what an interface carries, in 10^9 bits a second; above 0
         * @param kvBytesPerToken above 0
         */
        Transfers(double gbps, double kvBytesPerToken) {
            this.nanosPerToken = kvBytesPerToken * BITS / gbps;
        }

        /** How long it takes from now on until so many tokens have come, in nanoseconds. */
        long fetch(ReplayEndpoint from, ReplayEndpoint to, int tokens, long nowNanos) {
            long begin = Math.max(nowNanos, Math.max(from.interfaceFreeNanos, to.interfaceFreeNanos));
            long end = begin + Math.round(tokens * nanosPerToken);
            from.interfaceFreeNanos = end;
            to.interfaceFreeNanos = end;
            return end - nowNanos + Math.round(FIXED_NANOS);
        }
    }
}
