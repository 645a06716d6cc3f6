package dev.warmlane.settings;

import java.util.Map;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How an endpoint is chosen.
 *
 * @param policy the name of a file in gateway/policies, without its ending
 * @param parameters parameters of the policy that differ from its file, by name
 */
public record RoutingSettings(
        @DefaultValue("expected-cost") String policy,
        @DefaultValue Map<String, String> parameters) {}
