package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The dashboard's history: the last hour, day and week.
 *
 * @param directory Directory that keeps the dashboard's history across restarts. Empty: in memory only.
 * @param saveInterval Time between two saves of the history. What is newer is lost if the process is killed.
 * @param maxEndpoints Maximum number of endpoints with a history, departed ones included. Each takes about 85 KB.
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
