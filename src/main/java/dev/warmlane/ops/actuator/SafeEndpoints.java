package dev.warmlane.ops.actuator;

import java.util.Set;
import org.springframework.boot.actuate.endpoint.EndpointFilter;
import org.springframework.boot.actuate.endpoint.ExposableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.DiscoveredEndpoint;

/**
 * Lets the management port offer only Warmlane's own endpoints and those of Spring Boot that tell no secret and change
 * nothing. Whatever else {@code management.endpoints.web.exposure.include} asks for stays away: the environment with its
 * keys, a dump of the heap with the prompts in it, shutting down, log levels, and editing routes.
 */
public final class SafeEndpoints<E extends ExposableEndpoint<?>> implements EndpointFilter<E> {
    private static final Set<String> SAFE = Set.of("health", "info", "prometheus", "metrics");
    private static final String OWN = "dev.warmlane.";

    @Override
    public boolean match(E endpoint) {
        return SAFE.contains(endpoint.getEndpointId().toLowerCaseString())
                || (endpoint instanceof DiscoveredEndpoint<?> discovered
                        && discovered.getEndpointBean().getClass().getName().startsWith(OWN));
    }
}
