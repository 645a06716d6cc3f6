package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Health checks of the engines, and how those that are new or back are loaded.
 *
 * @param enabled whether each endpoint is asked for GET /health
 * @param interval time between two checks of an endpoint, give or take a tenth
 * @param timeout how long one check may take
 * @param fall checks in a row that fail before the endpoint is out
 * @param rise checks in a row that pass before it gets a request again
 * @param slowStart time in which the load of an endpoint that is new or back grows from a tenth to all; 0s: at once
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
