package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests that an endpoint has from others than this gateway and its replicas, told from its own gauges. Those lag by seconds, so a single
 * look proves nothing: only when an endpoint reports clearly more than we have sent, several times in a row, does the
 * excess count, and then its average. Zero for everybody whose only client is this gateway. Safe for concurrent use.
 */
public final class OtherClients {
    /** Looks in a row, about a second apart: longer than the gauges lag. */
    private static final int LOOKS = 8;

    /** Our own requests come and go between a gauge's update and our look at it. */
    private static final int SLACK_REQUESTS = 4;

    private static final double WEIGHT = 1.0 / LOOKS;

    private final ConcurrentHashMap<EndpointId, Excess> byEndpoint = new ConcurrentHashMap<>();

    private record Excess(int looks, double average) {}

    /**
     * Notes one scrape. For one thread for each endpoint.
     *
     * @param reported requests that the engine says it runs and queues
     * @param ownInFlight requests that this gateway and its replicas have there
     */
    public void observe(EndpointId endpoint, long reported, int ownInFlight) {
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

    /** Requests of others at an endpoint, about. */
    public int requests(EndpointId endpoint) {
        Excess excess = byEndpoint.get(endpoint);
        return excess == null || excess.looks < LOOKS ? 0 : (int) excess.average;
    }

    void retire(EndpointId endpoint) {
        byEndpoint.remove(endpoint);
    }
}
