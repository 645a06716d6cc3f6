package dev.warmlane.settings;

import java.util.Map;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How an endpoint is chosen.
 *
 * @param policy Routing policy: the name of a file in gateway/policies, without its extension.
 * @param parameters Parameters of the policy, by name, that override those of its file.
 */
public record RoutingSettings(
        @DefaultValue("expected-cost") String policy,
        @DefaultValue Map<String, String> parameters) {}
