package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many endpoints are advised for a pool, by its load and by the target of its hit ratio. Nothing is changed.
 *
 * @param minEndpoints Fewest endpoints that are advised for a pool.
 * @param maxEndpoints Most endpoints that are advised for a pool.
 * @param requestsPerEndpoint Requests, running and queued, that one endpoint carries well.
 */
public record ScalingSettings(
        @DefaultValue("1") int minEndpoints,
        @DefaultValue("32") int maxEndpoints,
        @DefaultValue("32") int requestsPerEndpoint) {
    private static final int MOST_ENDPOINTS = 10_000;

    public ScalingSettings {
        Check.atLeast("warmlane.scaling.min-endpoints", minEndpoints, 1);
        if (maxEndpoints < minEndpoints || maxEndpoints > MOST_ENDPOINTS) {
            throw new InvalidSettingException(
                    "warmlane.scaling.max-endpoints", maxEndpoints, minEndpoints + " to " + MOST_ENDPOINTS);
        }
        Check.atLeast("warmlane.scaling.requests-per-endpoint", requestsPerEndpoint, 1);
    }
}
