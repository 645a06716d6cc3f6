package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** Measures one run: what clients saw, what the engines computed, and what better caches would have spared. */
final class Tally {
    private static final double SLO_TTFT_SECONDS = 2;
    private static final double SLO_TPOT_SECONDS = 0.05;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double GAPS_PER_FACTOR = 100;

    private final IdealCache oneCache;
    private final IdealCache infiniteCache = new IdealCache(Long.MAX_VALUE);
    private final DoubleStream.Builder ttftSeconds = DoubleStream.builder();
    private final DoubleStream.Builder e2eSeconds = DoubleStream.builder();
    private final DoubleStream.Builder tpotSeconds = DoubleStream.builder();
    private final Map<Integer, EndpointId> lastEndpointBySession = new HashMap<>();
    private final PlaceSums requestsByPlace = new PlaceSums();
    private final PlaceSums computedTokensByPlace = new PlaceSums();
    private final long fromNanos;

    private long arrivedPromptTokens;
    private long oneCacheTokens;
    private long infiniteCacheTokens;
    private long promptTokens;
    private long deliveredTokens;
    private long predictedTokens;
    private int withinSlo;
    private int followUps;
    private int followUpsAlone;
    private int warmFollowUps;
    private int warmFollowUpsAlone;
    private int legs;
    private final long @Nullable [] gaps;
    private int stayed;
    private int answered;
    private int measured;
    private int refused;
    private int lost;

    /**
     * @param fleetBlocks of all caches at the start together
     * @param fromNanos requests that arrive earlier fill the ideal caches and are counted, but not measured
     * @param roles whether to measure what matters where endpoints have roles
     */
    Tally(long fleetBlocks, long fromNanos, boolean roles) {
        this.oneCache = new IdealCache(fleetBlocks);
        this.fromNanos = fromNanos;
        this.gaps = roles ? new long[(int) (GAPS_PER_FACTOR * Math.log(1e12))] : null;
    }

    void arrived(LoadRequest request, long nowNanos) {
        long inOneCache = oneCache.serve(request);
        long inInfiniteCache = infiniteCache.serve(request);
        if (nowNanos >= fromNanos) {
            arrivedPromptTokens += request.promptTokens();
            oneCacheTokens += inOneCache;
            infiniteCacheTokens += inInfiniteCache;
        }
    }

    void sent(Arrival arrival, RoutingDecision decision) {
        EndpointId endpoint = decision.endpoint().id();
        EndpointId last = lastEndpointBySession.put(arrival.request().session(), endpoint);
        if (last != null && arrival.nanos() >= fromNanos) {
            followUps++;
            stayed += last.equals(endpoint) ? 1 : 0;
            followUpsAlone += decision.prefill() == null ? 1 : 0;
            if (isWarm(last, decision)) {
                warmFollowUps++;
                warmFollowUpsAlone += decision.prefill() == null ? 1 : 0;
            }
        }
    }

    /** Whether the endpoint of the turn before still holds most of the prompt, as far as the policy knows. */
    private static boolean isWarm(EndpointId last, RoutingDecision decision) {
        for (Candidate candidate : decision.candidates()) {
            if (candidate.endpoint().id().equals(last)) {
                return candidate.matchedTokens() * 2 >= decision.promptTokens();
            }
        }
        return false;
    }

    /** So long after a token the next one of the same response came. */
    void gap(long nanos) {
        if (gaps != null) {
            int hundredths = (int) Math.round(GAPS_PER_FACTOR * Math.log((double) Math.max(1, nanos)));
            gaps[Math.min(gaps.length - 1, hundredths)]++;
        }
    }

    /** The time below which 99 % of the gaps are, within 1 %, in seconds; null if they are not measured. */
    private @Nullable Double gapP99() {
        if (gaps == null) {
            return null;
        }
        long all = Arrays.stream(gaps).sum();
        long sum = 0;
        for (int i = 0; i < gaps.length; i++) {
            sum += gaps[i];
            if (sum >= all * 0.99) {
                return all == 0 ? 0 : Math.exp(i / GAPS_PER_FACTOR) / NANOS_PER_SECOND;
            }
        }
        throw new IllegalStateException("gaps: %d (expected: %d)".formatted(sum, all));
    }

    void answered(
            Arrival arrival,
            ReplayEndpoint endpoint,
            RoutingDecision decision,
            EngineSequence sequence,
            @Nullable PrefillLeg leg,
            long nowNanos) {
        answered++;
        if (arrival.nanos() < fromNanos) {
            return;
        }
        measured++;
        LoadRequest request = arrival.request();
        double ttft = (sequence.firstTokenNanos() - arrival.nanos()) / NANOS_PER_SECOND;
        double tpot =
                (nowNanos - sequence.firstTokenNanos()) / NANOS_PER_SECOND / Math.max(1, request.outputTokens() - 1);
        ttftSeconds.add(ttft);
        e2eSeconds.add((nowNanos - arrival.nanos()) / NANOS_PER_SECOND);
        tpotSeconds.add(tpot);
        withinSlo += ttft < SLO_TTFT_SECONDS && tpot < SLO_TPOT_SECONDS ? 1 : 0;
        promptTokens += request.promptTokens();
        // Who computed the prompt, and what of it was cached there.
        RoutingDecision prompt = leg == null ? decision : Objects.requireNonNull(decision.prefill());
        int cachedTokens = leg == null ? sequence.cachedTokens() : leg.cachedTokens();
        deliveredTokens += cachedTokens;
        predictedTokens += prompt.matchedTokens();
        legs += leg == null ? 0 : 1;
        requestsByPlace.add(endpoint.place(), 1);
        int place = leg == null ? endpoint.place() : leg.endpoint().place();
        computedTokensByPlace.add(place, request.promptTokens() - cachedTokens);
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

    /**
     * @param places how many endpoints there were
     * @param toldBytes what gateways told each other; null if they tell nothing
     * @param adapterLoads how often engines loaded adapters; null if those cost nothing
     */
    PolicyResult result(int places, @Nullable Long toldBytes, @Nullable Long adapterLoads) {
        double hitRatio = ratio(deliveredTokens, promptTokens);
        return new PolicyResult(
                answered,
                refused,
                lost,
                hitRatio,
                share(hitRatio, ratio(oneCacheTokens, arrivedPromptTokens)),
                share(hitRatio, ratio(infiniteCacheTokens, arrivedPromptTokens)),
                Distribution.of(ttftSeconds.build().toArray()),
                Distribution.of(e2eSeconds.build().toArray()),
                Distribution.of(tpotSeconds.build().toArray()),
                ratio(withinSlo, measured),
                requestsByPlace.imbalance(places),
                computedTokensByPlace.imbalance(places),
                followUps == 0 ? null : ratio(stayed, followUps),
                predictedTokens,
                deliveredTokens,
                toldBytes == null || answered == 0 ? null : (double) toldBytes / answered,
                adapterLoads == null || answered == 0 ? null : (double) adapterLoads / answered,
                gapP99(),
                gaps == null ? null : ratio(legs, measured),
                gaps == null || followUps == 0 ? null : ratio(followUpsAlone, followUps),
                gaps == null || warmFollowUps == 0 ? null : ratio(warmFollowUpsAlone, warmFollowUps));
    }

    /** 0 of 0 is 0. */
    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }

    /** 0 if the ceiling is. */
    private static double share(double hitRatio, double ceiling) {
        return ceiling == 0 ? 0 : hitRatio / ceiling;
    }

    /** Sums of something by the place of an endpoint in the fleet. */
    private static final class PlaceSums {
        private final Map<Integer, Double> byPlace = new HashMap<>();

        void add(int place, double amount) {
            byPlace.merge(place, amount, Double::sum);
        }

        /**
         * The largest sum over the mean; 1 if all are zero.
         *
         * @param places how many there are, those without a sum included
         */
        double imbalance(int places) {
            double total = 0;
            double most = 0;
            for (double sum : byPlace.values()) {
                total += sum;
                most = Math.max(most, sum);
            }
            return total == 0 ? 1 : most * places / total;
        }
    }

    /**
     * What a cache would hit that no routing could divide: one LRU for all requests in the order of their arrival, in which a
     * request's blocks are there for the next at once, those of its response included. As in an engine at least one token of a
     * prompt is computed.
     */
    static final class IdealCache {
        private static final Boolean PRESENT = Boolean.TRUE;

        private final long capacityBlocks;
        private final Map<Long, Boolean> leastRecentFirst = new LinkedHashMap<>(1024, 0.75f, true);

        /** @param capacityBlocks {@link Long#MAX_VALUE} for no limit */
        IdealCache(long capacityBlocks) {
            this.capacityBlocks = capacityBlocks;
        }

        /** Looks a request up, then keeps its blocks; the tokens that were there. */
        int serve(LoadRequest request) {
            long[] hashes = request.blockHashes();
            int most = Math.min(hashes.length, (request.promptTokens() - 1) / Load.BLOCK_SIZE_TOKENS);
            int hits = 0;
            while (hits < most && leastRecentFirst.containsKey(hashes[hits])) {
                hits++;
            }
            for (int i = hashes.length - 1; i >= 0; i--) {
                leastRecentFirst.put(hashes[i], PRESENT);
            }
            Iterator<Long> oldest = leastRecentFirst.keySet().iterator();
            for (long over = leastRecentFirst.size() - capacityBlocks; over > 0; over--) {
                oldest.next();
                oldest.remove();
            }
            return hits * Load.BLOCK_SIZE_TOKENS;
        }
    }
}
