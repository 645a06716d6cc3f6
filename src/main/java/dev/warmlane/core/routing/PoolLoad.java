package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The load of each endpoint as far as it is known: what this gateway has in flight there, exactly; what its
 * replicas have, as of a moment ago; and about what other clients have. Safe for concurrent use.
 */
public final class PoolLoad {
    private final InFlight own;
    private final ReplicaLoad replicas;
    private final OtherClients others;
    private final PoolAverages averages;
    private final UsualLoad usual;
    private final LateStreams late;

    PoolLoad(
            InFlight own,
            ReplicaLoad replicas,
            OtherClients others,
            PoolAverages averages,
            UsualLoad usual,
            LateStreams late) {
        this.own = own;
        this.replicas = replicas;
        this.others = others;
        this.averages = averages;
        this.usual = usual;
        this.late = late;
    }

    /** Prompt tokens that the endpoint had in flight on average over the last minute or so; 0 where no time passes. */
    public long usualPromptTokens(EndpointId endpoint) {
        return usual.promptTokens(endpoint);
    }

    /** Of {@link #requests}, those of the other replicas of this gateway. */
    public int replicaRequests(EndpointId endpoint) {
        return replicas.requests(endpoint);
    }

    /** Requests in flight. */
    public int requests(EndpointId endpoint) {
        return own.requests(endpoint) + replicas.requests(endpoint) + others.requests(endpoint);
    }

    /** Prompt tokens of the requests in flight; the prompts of other clients count as average ones. */
    public long promptTokens(EndpointId endpoint) {
        return own.promptTokens(endpoint)
                + replicas.promptTokens(endpoint)
                + (long) (others.requests(endpoint) * averages.promptTokens());
    }

    /** Uncached prompt tokens of the requests whose first byte has not come back; of other clients nobody knows them. */
    public long prefillTokens(EndpointId endpoint) {
        return own.prefillTokens(endpoint) + replicas.prefillTokens(endpoint);
    }

    /** Seconds that first tokens are late there, at most 2, beyond what prefill explains; as far as this gateway's own streams tell. */
    public double lateSeconds(EndpointId endpoint) {
        return late.seconds(endpoint);
    }

    /**
     * Requests that an endpoint has from others than this gateway and its replicas, estimated from its own gauges. Those lag by
     * seconds, so a single look proves nothing: only when an endpoint reports clearly more than we have sent, several times in a row, does the
     * excess count, and then its average. Zero for everybody whose only client is this gateway. Safe for concurrent use.
     */
    public static final class OtherClients {
        /** Looks in a row, about a second apart: longer than the gauges lag. */
        private static final int LOOKS = 8;

        /** Our own requests come and go between a gauge's update and our look at it. */
        private static final int SLACK_REQUESTS = 4;

        private static final double WEIGHT = 1.0 / LOOKS;

        /** Of looks at engines; what was seen so many looks ago counts for a third. */
        private static final double SHARE_WEIGHT = 1.0 / 4096;

        /** Requests, summed over looks, that say something of who sends how many. */
        private static final int LEAST_REPORTED = 100;

        private static final double LEAST_SHARE = 0.01;

        private final ConcurrentHashMap<EndpointId, Excess> byEndpoint = new ConcurrentHashMap<>();

        private double allReported;
        private double allOwn;

        private record Excess(int looks, double average) {}

        /**
         * Notes one scrape. For one thread for each endpoint.
         *
         * @param reported requests that the engine says it runs and queues
         * @param ownInFlight requests that this gateway and its replicas have there
         */
        public void observe(EndpointId endpoint, long reported, int ownInFlight) {
            add(reported, ownInFlight);
            double excess = Math.max(0, reported - ownInFlight);
            boolean clearly = reported > 1.5 * ownInFlight + SLACK_REQUESTS;
            byEndpoint.compute(endpoint, (id, before) -> {
                if (!clearly) {
                    return null;
                }
                return before == null
                        ? new Excess(1, excess)
                        : new Excess(
                                Math.min(LOOKS, before.looks + 1), before.average + WEIGHT * (excess - before.average));
            });
        }

        private synchronized void add(long reported, int ownInFlight) {
            allReported += reported - SHARE_WEIGHT * allReported;
            allOwn += ownInFlight - SHARE_WEIGHT * allOwn;
        }

        /**
         * The part of all that the engines report which is of this gateway and its replicas, in (0, 1], over an hour with one endpoint
         * and minutes with many: that gauges lag does not matter for it.
         */
        public synchronized double ownShare() {
            return allReported < LEAST_REPORTED ? 1 : Math.max(LEAST_SHARE, Math.min(1, allOwn / allReported));
        }

        /** Requests of others at an endpoint, about. */
        public int requests(EndpointId endpoint) {
            Excess excess = byEndpoint.get(endpoint);
            return excess == null || excess.looks < LOOKS ? 0 : (int) excess.average;
        }

        void retire(EndpointId endpoint) {
            byEndpoint.remove(endpoint);
        }
    }

    /**
     * The load that each endpoint usually has: the prompt tokens in flight, averaged over about {@value #MEMORY_SECONDS} s. A session
     * that is placed stays for minutes, and what is in flight at the moment of its first request says little of them. Looks at
     * decisions, at most ten times a second: they come as requests do, so that what they see is an average over time. Safe for
     * concurrent use; reading takes no lock.
     */
    static final class UsualLoad {
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

        /** Takes over what another gateway has seen, where nothing was seen here. */
        synchronized void adopt(EndpointId endpoint, long tokens) {
            if (!promptTokens.containsKey(endpoint)) {
                Map<EndpointId, Double> next = new HashMap<>(promptTokens);
                next.put(endpoint, (double) tokens);
                promptTokens = next;
            }
        }

        /** What a decision saw. Returns whether it was looked at; an endpoint that has left since is then to be retired again. */
        boolean look(List<Candidate> candidates) {
            long now = nanoClock.getAsLong();
            long last = lastLook.get();
            if (now - last < LOOK_NANOS || candidates.size() < 2 || !lastLook.compareAndSet(last, now)) {
                return false;
            }
            average(candidates, 1 - Math.exp(-(now - last) / (1e9 * MEMORY_SECONDS)));
            return true;
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

    /**
     * What the other replicas of the gateway have in flight at each endpoint of a pool, as far as they have told. Safe for concurrent
     * use; reading takes no lock.
     */
    public interface ReplicaLoad {
        /** There are no others. */
        ReplicaLoad NONE = new ReplicaLoad() {};

        /** Requests in flight. */
        default int requests(EndpointId endpoint) {
            return 0;
        }

        /** Prompt tokens of the requests in flight. */
        default long promptTokens(EndpointId endpoint) {
            return 0;
        }

        /** Uncached prompt tokens of the requests whose first byte has not come back. */
        default long prefillTokens(EndpointId endpoint) {
            return 0;
        }
    }
}
