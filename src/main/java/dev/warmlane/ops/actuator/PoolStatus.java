package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One pool.
 *
 * @param pool its name
 * @param totals over the endpoints that follow
 * @param panic whether so few endpoints are healthy that all are used
 * @param endpoints in the order of discovery
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PoolStatus(String pool, PoolTotals totals, boolean panic, List<EndpointStatus> endpoints) {
    public PoolStatus {
        endpoints = List.copyOf(endpoints);
    }
}
