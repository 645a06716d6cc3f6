package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The load that each endpoint usually has: the prompt tokens in flight, averaged over about {@value #MEMORY_SECONDS} s. A session
 * that is placed stays for minutes, and what is in flight at the moment of its first request says little of them. Looks at
 * decisions, at most ten times a second: they come as requests do, so that what they see is an average over time. Safe for
 * concurrent use; reading takes no lock.
 */
final class UsualLoad {
    private static final double MEMORY_SECONDS = 60;
    private static final long LOOK_NANOS = 100_000_000;

    private final LongSupplier nanoClock;
    private final AtomicLong lastLook;
    private volatile Map<EndpointId, Double> promptTokens = Map.of();

    UsualLoad(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.lastLook = new AtomicLong(nanoClock.getAsLong());
    }

    long promptTokens(EndpointId endpoint) {
        return promptTokens.getOrDefault(endpoint, 0.0).longValue();
    }

    /** What a decision saw. */
    void look(List<Candidate> candidates) {
        long now = nanoClock.getAsLong();
        long last = lastLook.get();
        if (now - last < LOOK_NANOS || candidates.size() < 2 || !lastLook.compareAndSet(last, now)) {
            return;
        }
        average(candidates, 1 - Math.exp(-(now - last) / (1e9 * MEMORY_SECONDS)));
    }

    synchronized void retire(EndpointId endpoint) {
        Map<EndpointId, Double> next = new HashMap<>(promptTokens);
        next.remove(endpoint);
        promptTokens = next;
    }

    private synchronized void average(List<Candidate> candidates, double weight) {
        Map<EndpointId, Double> next = new HashMap<>(promptTokens);
        for (Candidate candidate : candidates) {
            if (candidate.prefill() != null) {
                // The other way to an endpoint that is among them as well.
                continue;
            }
            double before = next.getOrDefault(candidate.endpoint().id(), 0.0);
            next.put(candidate.endpoint().id(), before + weight * (candidate.promptTokens() - before));
        }
        promptTokens = next;
    }
}
