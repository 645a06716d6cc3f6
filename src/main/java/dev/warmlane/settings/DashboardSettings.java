package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The operators' page on the management port.
 *
 * @param enabled whether it is there
 * @param readOnly whether it only shows, and releases no session
 * @param targetHitRatio the prefix-cache hit ratio below which it warns, from 0 to 1
 * @param ttftTarget the time to the first token that nine of ten requests should not exceed
 */
public record DashboardSettings(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("false") boolean readOnly,
        @DefaultValue("0.8") double targetHitRatio,
        @DefaultValue("2s") Duration ttftTarget) {

    public DashboardSettings {
        if (!(targetHitRatio >= 0 && targetHitRatio <= 1)) {
            throw new InvalidSettingException("warmlane.dashboard.target-hit-ratio", targetHitRatio, "from 0 to 1");
        }
        Check.positive("warmlane.dashboard.ttft-target", ttftTarget);
    }
}
