package dev.warmlane.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One pool.
 *
 * @param pool its name
 * @param panic whether so few endpoints are healthy that all are used
 * @param totals over the endpoints that follow
 * @param endpoints in the order of discovery
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PoolStatus(String pool, boolean panic, PoolTotals totals, List<EndpointStatus> endpoints) {
    public PoolStatus {
        endpoints = List.copyOf(endpoints);
    }
}
