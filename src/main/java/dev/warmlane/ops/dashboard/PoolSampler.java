package dev.warmlane.ops.dashboard;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.EndpointTallies;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.Router;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.Imbalance.Sent;
import dev.warmlane.ops.dashboard.PoolSum.TtftBuckets;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Adds up one pool and its endpoints, a sample at a time. For one thread. */
final class PoolSampler {
    private static final Set<String> SESSIONS = Arrays.stream(KeySource.values())
            .filter(KeySource::isSession)
            .map(KeySource::label)
            .collect(Collectors.toSet());

    private final String pool;
    private final MeterRegistry registry;
    private final Counters counters;
    private final InFlight inFlight;
    private final EndpointTallies tallies;
    private final Imbalance imbalance = new Imbalance();
    private final TtftBuckets firstTokens;
    private final double[] added = new double[PoolSum.COUNT];
    private final Map<String, EndpointSampler> endpoints = new HashMap<>();
    private @Nullable Gauge queued;

    PoolSampler(String pool, MeterRegistry registry, Counters counters, Router router) {
        this.pool = pool;
        this.registry = registry;
        this.counters = counters;
        this.inFlight = router.inFlight();
        this.tallies = router.tallies();
        this.firstTokens = new TtftBuckets(counters, pool);
    }

    /**
     * Adds the state of now.
     *
     * @param seconds since the sample before
     * @param into gets the sums of the pool and of each endpoint, never changed afterwards
     * @return the pool's sums
     */
    double[] add(PoolStatus status, double seconds, Map<Subject, double[]> into) {
        addEndpoints(status, seconds, into);
        addUp(PoolSum.SECONDS, seconds);
        addUp(PoolSum.SAMPLES, 1);
        if (status.endpoints().stream().anyMatch(endpoint -> endpoint.promptTokens() != null)) {
            addUp(PoolSum.TOKEN_SECONDS, seconds);
        }
        addUp(PoolSum.IN_FLIGHT, (double) status.totals().inFlight());
        addUp(PoolSum.MOST_IN_FLIGHT, (double) status.endpoints().stream()
                .mapToLong(EndpointStatus::inFlight)
                .max()
                .orElse(0));
        addUp(PoolSum.QUEUED, queued());
        addImbalance(status);
        double[] sums = added.clone();
        set(sums, PoolSum.PREDICTED_TOKENS, (double) tallies.predictedTokens());
        set(sums, PoolSum.DELIVERED_TOKENS, (double) tallies.deliveredTokens());
        readCounters(sums);
        firstTokens.read(sums);
        into.put(Subject.ofPool(pool), sums);
        return sums;
    }

    private void addEndpoints(PoolStatus status, double seconds, Map<Subject, double[]> into) {
        for (EndpointStatus endpoint : status.endpoints()) {
            EndpointSampler sampler = endpoints.computeIfAbsent(endpoint.id(), id -> new EndpointSampler());
            double[] before = sampler.sums();
            EndpointId id = new EndpointId(endpoint.id());
            sampler.add(endpoint, seconds, inFlight.sentRequests(id), tallies.of(id));
            double[] sums = sampler.sums();
            addGrowth(PoolSum.QUERIED_TOKENS, EndpointSum.QUERIED_TOKENS, before, sums);
            addGrowth(PoolSum.HIT_TOKENS, EndpointSum.HIT_TOKENS, before, sums);
            addGrowth(PoolSum.PROMPT_TOKENS, EndpointSum.PROMPT_TOKENS, before, sums);
            addGrowth(PoolSum.REPORTED_PROMPTS, EndpointSum.REPORTED_PROMPTS, before, sums);
            addGrowth(PoolSum.TOKENS_OF_REPORTED_PROMPTS, EndpointSum.TOKENS_OF_REPORTED_PROMPTS, before, sums);
            addGrowth(PoolSum.OUTPUT_TOKENS, EndpointSum.GENERATION_TOKENS, before, sums);
            into.put(new Subject(pool, endpoint.id()), sums);
        }
        Set<String> present =
                status.endpoints().stream().map(EndpointStatus::id).collect(Collectors.toSet());
        endpoints.keySet().retainAll(present);
    }

    /** What an endpoint adds to the pool stays there when it leaves. */
    private void addGrowth(PoolSum sum, EndpointSum of, double[] before, double[] after) {
        addUp(sum, after[of.index()] - before[of.index()]);
    }

    private void readCounters(double[] sums) {
        for (Counter counter : counters.of(RequestMeter.REQUESTS, pool)) {
            String result = counter.getId().getTag("result");
            addTo(sums, PoolSum.REQUESTS, counter.count());
            if ("5xx".equals(result) || "failed".equals(result)) {
                addTo(sums, PoolSum.FAILED, counter.count());
            }
        }
        set(sums, PoolSum.REJECTED, total(RequestMeter.REJECTED));
        set(sums, PoolSum.MOVES_LOSING_HITS, total(RequestMeter.MOVES_LOSING_HITS));
        set(sums, PoolSum.UNRETRIED, total(RequestMeter.RETRY_BUDGET_EXHAUSTED));
        for (Counter counter : counters.of(RequestMeter.DECISIONS, pool)) {
            addTo(sums, PoolSum.DECISIONS, counter.count());
            String key = counter.getId().getTag("key");
            if (SESSIONS.contains(key)) {
                readSessions(counter, sums);
            } else if (KeySource.CLIENT_IP.label().equals(key)) {
                addTo(sums, PoolSum.DECISIONS_BY_ADDRESS, counter.count());
            }
        }
    }

    private static void readSessions(Counter counter, double[] sums) {
        String outcome = String.valueOf(counter.getId().getTag("outcome"));
        addTo(sums, PoolSum.DECISIONS_BY_SESSION, counter.count());
        if (!outcome.equals("placed")) {
            addTo(sums, PoolSum.SESSION_REQUESTS, counter.count());
        }
        if (outcome.equals("bound")) {
            addTo(sums, PoolSum.SESSION_REQUESTS_THAT_STAYED, counter.count());
        }
    }

    private double total(GatewayMeter meter) {
        double total = 0;
        for (Counter counter : counters.of(meter, pool)) {
            total += counter.count();
        }
        return total;
    }

    private double queued() {
        if (queued == null) {
            queued = registry.find(RequestMeter.QUEUE_DEPTH.meterName())
                    .tag("pool", pool)
                    .gauge();
        }
        return queued == null || Double.isNaN(queued.value()) ? 0 : queued.value();
    }

    private void addImbalance(PoolStatus status) {
        Map<String, Sent> sent = new HashMap<>();
        for (EndpointStatus endpoint : status.endpoints()) {
            if (endpoint.state().equals(EndpointState.READY.label())) {
                EndpointId id = new EndpointId(endpoint.id());
                sent.put(endpoint.id(), new Sent(inFlight.sentRequests(id), inFlight.sentPromptTokens(id)));
            }
        }
        imbalance.add(sent);
        double ofRequests = imbalance.ofRequests();
        if (!Double.isNaN(ofRequests)) {
            addUp(PoolSum.IMBALANCE_SAMPLES, 1);
            addUp(PoolSum.IMBALANCE, ofRequests);
            double ofPromptTokens = imbalance.ofPromptTokens();
            addUp(PoolSum.PROMPT_TOKEN_IMBALANCE, Double.isNaN(ofPromptTokens) ? ofRequests : ofPromptTokens);
        }
    }

    private void addUp(PoolSum sum, double value) {
        addTo(added, sum, value);
    }

    private static void addTo(double[] sums, PoolSum sum, double value) {
        sums[sum.index()] += value;
    }

    private static void set(double[] sums, PoolSum sum, double value) {
        sums[sum.index()] = value;
    }
}
