package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How Kubernetes is watched.
 *
 * @param resync how often the watched EndpointSlices are gone through again, at least 1s
 * @param check how often they are listed to notice a watch that has fallen silent
 * @param listTimeout how long such a list may take
 */
public record DiscoverySettings(
        @DefaultValue("5m") Duration resync,
        @DefaultValue("30s") Duration check,
        @DefaultValue("10s") Duration listTimeout) {

    public DiscoverySettings {
        if (resync.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidSettingException("warmlane.discovery.resync", resync, "at least 1s");
        }
        Check.positive("warmlane.discovery.check", check);
        Check.positive("warmlane.discovery.list-timeout", listTimeout);
    }
}
