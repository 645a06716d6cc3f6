package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests that an endpoint has from others than this gateway and its replicas, estimated from its own gauges. Those lag by
 * seconds, so a single look proves nothing: only when an endpoint reports clearly more than we have sent, several times in a row, does the
 * excess count, and then its average. Zero for everybody whose only client is this gateway. Safe for concurrent use.
 */
public final class OtherClients {
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
