package dev.warmlane.tools.replay;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import org.jspecify.annotations.Nullable;

/** One request at one engine: tells the gateway what a proxy would tell it, and the replay how it ended. */
final class Attempt implements EngineRequest.Listener, ReplayEndpoint.Work {
    /**
     * A request that has arrived at a gateway.
     *
     * @param request what the load says of it
     * @param routing what the gateway's policy sees of it
     * @param gateway where it arrived
     * @param nanos when
     */
    record Arrival(LoadRequest request, RoutingRequest routing, ReplayGateway gateway, long nanos) {}

    /** Hears how attempts end. */
    interface Listener {
        /** A request has been answered in full. */
        void answered(
                Arrival arrival,
                ReplayEndpoint endpoint,
                RoutingDecision decision,
                EngineSequence sequence,
                @Nullable PrefillLeg leg);

        /** So long after a token the next one of the same response came. */
        void gap(long nanos);

        /** The endpoint of a request was lost before it had answered. */
        void lost(Arrival arrival);
    }

    private final Listener replay;
    private final Arrival arrival;
    private final Dispatch dispatch;
    private final ReplayEndpoint endpoint;
    private final @Nullable PrefillLeg leg;
    private @Nullable EngineSequence sequence;
    private long lastTokenNanos;

    /** @param leg computes its prompt; null: the endpoint does */
    Attempt(Listener replay, Arrival arrival, Dispatch dispatch, ReplayEndpoint endpoint, @Nullable PrefillLeg leg) {
        this.replay = replay;
        this.arrival = arrival;
        this.dispatch = dispatch;
        this.endpoint = endpoint;
        this.leg = leg;
    }

    void submit(long nowNanos) {
        LoadRequest request = arrival.request();
        endpoint.begin(this);
        EngineRequest engineRequest = new EngineRequest(
                request.promptTokens(),
                request.outputTokens(),
                request.blockHashes(),
                FinishReason.LENGTH,
                this,
                request.adapter());
        sequence =
                endpoint.engine().submit(leg == null ? engineRequest : engineRequest.with(leg.to(endpoint)), nowNanos);
    }

    @Override
    public void abort(long nowNanos) {
        if (sequence != null) {
            endpoint.engine().cancel(sequence, nowNanos);
        }
    }

    @Override
    public void token(EngineSequence answering, long nowNanos) {
        if (answering.generatedTokens() == 1) {
            dispatch.accepted();
            dispatch.firstToken();
        } else {
            replay.gap(nowNanos - lastTokenNanos);
        }
        lastTokenNanos = nowNanos;
    }

    @Override
    public void fetched(EngineSequence waiting, long nowNanos) {
        if (leg != null) {
            leg.release();
        }
    }

    @Override
    public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
        endpoint.end(this);
        if (reason == FinishReason.ABORT) {
            fail(ended);
        } else {
            LoadRequest request = arrival.request();
            dispatch.delivered(
                    new UsageReport(request.promptTokens(), request.outputTokens(), (long) ended.cachedTokens()));
            dispatch.close();
            replay.answered(arrival, endpoint, dispatch.decision(), ended, leg);
        }
    }

    private void fail(EngineSequence ended) {
        if (ended.generatedTokens() == 0) {
            dispatch.failed(FailureCause.ABORT);
        } else {
            dispatch.close();
        }
        replay.lost(arrival);
    }
}
