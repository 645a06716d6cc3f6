package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the endpoints' metrics are read.
 *
 * @param interval Time between two scrapes of an endpoint's /metrics, plus or minus 10 %.
 * @param timeout Timeout of one scrape.
 * @param modelsInterval Time between two reads of an endpoint's /v1/models, at least warmlane.scrape.interval. An endpoint that
 *     lists several models is asked at every scrape, and all are when a request names a model that nobody lists. Its /version is
 *     read with them once a minute, and after a scrape that failed.
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
