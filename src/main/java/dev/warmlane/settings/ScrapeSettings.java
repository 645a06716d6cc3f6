package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the engines' metrics are read.
 *
 * @param interval time between two reads of an endpoint's /metrics, give or take a tenth
 * @param timeout how long one read may take
 * @param modelsInterval time between two reads of an endpoint's /v1/models and /version; at least the interval
 */
public record ScrapeSettings(
        @DefaultValue("1s") Duration interval,
        @DefaultValue("2s") Duration timeout,
        @DefaultValue("5s") Duration modelsInterval) {

    public ScrapeSettings {
        Check.positive("warmlane.scrape.interval", interval);
        Check.positive("warmlane.scrape.timeout", timeout);
        if (modelsInterval.compareTo(interval) < 0) {
            throw new InvalidSettingException(
                    "warmlane.scrape.models-interval",
                    modelsInterval,
                    "at least warmlane.scrape.interval, " + InvalidSettingException.text(interval));
        }
    }
}
