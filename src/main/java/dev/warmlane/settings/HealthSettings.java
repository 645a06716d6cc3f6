package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Health checks of the endpoints, and slow start.
 *
 * @param enabled Whether endpoints are health-checked by GET /health.
 * @param interval Time between two health checks of an endpoint, plus or minus 10 %.
 * @param timeout Timeout of one health check.
 * @param suspectAfter How long a health check may take, while nothing else comes from its endpoint, before new requests avoid
 *     the endpoint.
 * @param moveWaiting Consecutive timed out checks, while nothing else comes from an endpoint, after which requests that wait
 *     there without a byte go to another. 0: none do.
 * @param refusedIdleTimeout Time without a byte after which a response that has begun ends, once its endpoint refuses
 *     connections.
 * @param fall Consecutive failed checks after which an endpoint is taken out.
 * @param rise Consecutive passed checks after which an endpoint is tried again.
 * @param slowStart Time in which the load of a new or returning endpoint grows from a tenth to its full share. 0s: full
 *     share at once.
 */
public record HealthSettings(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("2s") Duration interval,
        @DefaultValue("2s") Duration timeout,
        @DefaultValue("500ms") Duration suspectAfter,
        @DefaultValue("1") int moveWaiting,
        @DefaultValue("10s") Duration refusedIdleTimeout,
        @DefaultValue("3") int fall,
        @DefaultValue("2") int rise,
        @DefaultValue("30s") Duration slowStart) {

    public HealthSettings {
        Check.positive("warmlane.health.interval", interval);
        Check.positive("warmlane.health.timeout", timeout);
        Check.positive("warmlane.health.suspect-after", suspectAfter);
        Check.atLeast("warmlane.health.move-waiting", moveWaiting, 0);
        Check.positive("warmlane.health.refused-idle-timeout", refusedIdleTimeout);
        Check.atLeast("warmlane.health.fall", fall, 1);
        Check.atLeast("warmlane.health.rise", rise, 1);
        Check.notNegative("warmlane.health.slow-start", slowStart);
    }
}
