package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The figures of the last hour, day and week that the gateway keeps itself.
 *
 * @param directory where they are kept across restarts; empty: in memory only
 * @param saveInterval time between two saves; what is newer is lost when the process is killed
 * @param maxEndpoints endpoints whose figures are kept, those that left included
 */
public record HistorySettings(
        @DefaultValue("") String directory,
        @DefaultValue("5m") Duration saveInterval,
        @DefaultValue("300") int maxEndpoints) {

    public HistorySettings {
        Check.positive("warmlane.history.save-interval", saveInterval);
        Check.atLeast("warmlane.history.max-endpoints", maxEndpoints, 1);
    }
}
