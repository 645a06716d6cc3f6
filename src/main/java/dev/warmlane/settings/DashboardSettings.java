package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The dashboard.
 *
 * @param enabled Whether the management port serves the dashboard at /dashboard.
 * @param readOnly Whether the dashboard only shows data. Otherwise it can also release sessions, and drain, eject and readmit endpoints.
 * @param targetHitRatio Prefix-cache hit ratio, from 0 to 1, below which page and alerts warn. 0: no target.
 * @param ttftTarget Target for the 90th percentile of the time to first token. Beyond it page and alerts warn. 0s: no
 *     target.
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
        Check.notNegative("warmlane.dashboard.ttft-target", ttftTarget);
    }
}
