package dev.warmlane.ops.actuator;

import dev.warmlane.settings.SettingsInForce;
import dev.warmlane.settings.WarmlaneSettings;
import java.util.Map;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** In {@code GET /actuator/info}, beside version and commit: by which policy requests are routed, and the settings in force. */
public final class GatewayInfo implements InfoContributor {
    private final Map<String, Object> details;

    public GatewayInfo(WarmlaneSettings settings) {
        this.details = Map.of(
                "policy", settings.routing().policy(),
                "settings", SettingsInForce.of(settings));
    }

    @Override
    public void contribute(Info.Builder builder) {
        builder.withDetail("warmlane", details);
    }
}
