package dev.warmlane.settings;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How Kubernetes is watched.
 *
 * @param resync Time between two full passes over the watched EndpointSlices, at least 1s.
 * @param check Time between two lists of the EndpointSlices, which reveal a watch that has gone silent.
 * @param listTimeout Timeout of one such list of the EndpointSlices.
 * @param roleLabels Labels of a Service, or of the pods of an InferencePool, that say whether its endpoints compute prompts (prefill),
 *     responses (decode) or both. The first that is there decides.
 */
public record DiscoverySettings(
        @DefaultValue("5m") Duration resync,
        @DefaultValue("30s") Duration check,
        @DefaultValue("10s") Duration listTimeout,

        @DefaultValue({"llm-d.ai/role", "warmlane.dev/role"})
        List<String> roleLabels) {

    public DiscoverySettings {
        if (resync.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidSettingException("warmlane.discovery.resync", resync, "at least 1s");
        }
        Check.positive("warmlane.discovery.check", check);
        Check.positive("warmlane.discovery.list-timeout", listTimeout);
        roleLabels = List.copyOf(roleLabels);
    }
}
