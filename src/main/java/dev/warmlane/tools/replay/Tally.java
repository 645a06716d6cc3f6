package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.tools.replay.load.LoadRequest;
import dev.warmlane.tools.replay.report.PolicyResult;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.HashMap;
import java.util.Map;

/** Measures one run: what clients saw, what the engines computed, and what better caches would have spared. */
final class Tally {
    private static final double SLO_TTFT_SECONDS = 2;
    private static final double SLO_TPOT_SECONDS = 0.05;
    private static final double NANOS_PER_SECOND = 1e9;

    private final IdealCache oneCache;
    private final IdealCache infiniteCache = new IdealCache(Long.MAX_VALUE);
    private final Samples ttftSeconds = new Samples();
    private final Samples e2eSeconds = new Samples();
    private final Samples tpotSeconds = new Samples();
    private final Map<Integer, EndpointId> lastEndpointBySession = new HashMap<>();
    private final PlaceSums requestsByPlace = new PlaceSums();
    private final PlaceSums computedTokensByPlace = new PlaceSums();

    private long arrivedPromptTokens;
    private long oneCacheTokens;
    private long infiniteCacheTokens;
    private long promptTokens;
    private long deliveredTokens;
    private long predictedTokens;
    private int withinSlo;
    private int followUps;
    private int stayed;
    private int answered;
    private int refused;
    private int lost;

    /** @param fleetBlocks of all caches at the start together */
    Tally(long fleetBlocks) {
        this.oneCache = new IdealCache(fleetBlocks);
    }

    void arrived(LoadRequest request) {
        arrivedPromptTokens += request.promptTokens();
        oneCacheTokens += oneCache.serve(request);
        infiniteCacheTokens += infiniteCache.serve(request);
    }

    void sent(Arrival arrival, Endpoint endpoint) {
        EndpointId last = lastEndpointBySession.put(arrival.request().session(), endpoint.id());
        if (last != null) {
            followUps++;
            stayed += last.equals(endpoint.id()) ? 1 : 0;
        }
    }

    void answered(
            Arrival arrival, ReplayEndpoint endpoint, RoutingDecision decision, EngineSequence answer, long nowNanos) {
        LoadRequest request = arrival.request();
        double ttft = (answer.firstTokenNanos() - arrival.nanos()) / NANOS_PER_SECOND;
        double tpot =
                (nowNanos - answer.firstTokenNanos()) / NANOS_PER_SECOND / Math.max(1, request.outputTokens() - 1);
        ttftSeconds.add(ttft);
        e2eSeconds.add((nowNanos - arrival.nanos()) / NANOS_PER_SECOND);
        tpotSeconds.add(tpot);
        withinSlo += ttft < SLO_TTFT_SECONDS && tpot < SLO_TPOT_SECONDS ? 1 : 0;
        promptTokens += request.promptTokens();
        deliveredTokens += answer.cachedTokens();
        predictedTokens += decision.matchedTokens();
        requestsByPlace.add(endpoint.place(), 1);
        computedTokensByPlace.add(endpoint.place(), request.promptTokens() - answer.cachedTokens());
        answered++;
    }

    /** A request found no endpoint. */
    void refused() {
        refused++;
    }

    /** A request lost its endpoint and starts again. */
    void lost() {
        lost++;
    }

    /** Requests that are over. */
    int ended() {
        return answered + refused;
    }

    /** @param places how many endpoints there were */
    PolicyResult result(int places) {
        double hitRatio = ratio(deliveredTokens, promptTokens);
        return new PolicyResult(
                answered,
                refused,
                lost,
                hitRatio,
                share(hitRatio, ratio(oneCacheTokens, arrivedPromptTokens)),
                share(hitRatio, ratio(infiniteCacheTokens, arrivedPromptTokens)),
                ttftSeconds.distribution(),
                e2eSeconds.distribution(),
                tpotSeconds.distribution(),
                ratio(withinSlo, answered),
                requestsByPlace.imbalance(places),
                computedTokensByPlace.imbalance(places),
                followUps == 0 ? null : ratio(stayed, followUps),
                predictedTokens,
                deliveredTokens);
    }

    /** 0 of 0 is 0. */
    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }

    /** 0 if the ceiling is. */
    private static double share(double hitRatio, double ceiling) {
        return ceiling == 0 ? 0 : hitRatio / ceiling;
    }
}
