package dev.warmlane.tools.replay;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.UsageReport;
import dev.warmlane.tools.replay.load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.Transfer;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import dev.warmlane.tools.simulator.engine.FinishReason;
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
}
