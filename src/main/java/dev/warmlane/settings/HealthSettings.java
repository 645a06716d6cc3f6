package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Health checks of the endpoints, and slow start.
 *
 * @param enabled Whether endpoints are health-checked by GET /health.
 * @param interval Time between two health checks of an endpoint, plus or minus 10 %.
 * @param timeout Timeout of one health check.
 * @param fall Consecutive failed checks after which an endpoint is taken out.
 * @param rise Consecutive passed checks after which an endpoint is tried again.
 * @param slowStart Time in which the load of a new or returning endpoint grows from a tenth to its full share. 0s: full
 *     share at once.
 */
public record HealthSettings(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("2s") Duration interval,
        @DefaultValue("2s") Duration timeout,
        @DefaultValue("3") int fall,
        @DefaultValue("2") int rise,
        @DefaultValue("30s") Duration slowStart) {

    public HealthSettings {
        Check.positive("warmlane.health.interval", interval);
        Check.positive("warmlane.health.timeout", timeout);
        Check.atLeast("warmlane.health.fall", fall, 1);
        Check.atLeast("warmlane.health.rise", rise, 1);
        Check.notNegative("warmlane.health.slow-start", slowStart);
    }
}
