package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which endpoints of one pool have failed a request lately. What one endpoint does by itself is no storm: its requests are few,
 * there are others to take them, and it is ejected soon. Safe for concurrent use.
 */
final class FailingEndpoints {
    private static final long LATELY_NANOS = Duration.ofSeconds(10).toNanos();

    /** When each failed last. Bounded by the endpoints that a pool has within the time. */
    private final Map<EndpointId, Long> failures = new ConcurrentHashMap<>();

    /** Notes a failure, and says whether no other endpoint has failed lately. */
    boolean failsAlone(EndpointId endpoint, long nowNanos) {
        failures.put(endpoint, nowNanos);
        failures.values().removeIf(last -> nowNanos - last > LATELY_NANOS);
        return failures.size() <= 1;
    }
}
