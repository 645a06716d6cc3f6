package dev.warmlane.app;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EngineFacts;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.engines.probe.ProbeTiming;
import dev.warmlane.settings.ScrapeSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Reads what the engines say of themselves, and keeps the list of models by it. */
@Configuration(proxyBeanMethods = false)
class ScrapeConfiguration {
    private static final int MAX_CONCURRENT_SCRAPES = 64;

    @Bean
    LoadScraper loadScraper(WarmlaneSettings settings, Pools pools) {
        ScrapeSettings scrape = settings.scrape();
        ProbeTiming timing = new ProbeTiming(
                scrape.interval(), scrape.timeout(), settings.upstream().keepAlive(), MAX_CONCURRENT_SCRAPES);
        return new LoadScraper(
                timing,
                scrape.modelsInterval(),
                LoadScraper.MAX_METRICS_BYTES,
                pools,
                System::nanoTime,
                new SplittableRandom());
    }

    @Bean
    ServedModels servedModels(Pools pools, LoadScraper scraper) {
        ServedModels models = new ServedModels(pools, scraper);
        scraper.onRound(models::refresh);
        scraper.onModels(models::refresh);
        return models;
    }

    @Bean
    EngineFacts engineFacts(WarmlaneSettings settings, Pools pools, LoadScraper scraper) {
        EngineFacts facts = new EngineFacts(pools, scraper, settings.index());
        scraper.onRound(facts::refresh);
        return facts;
    }

    /** Starts once everybody listens to its rounds. */
    @Bean
    ApplicationRunner startScraping(LoadScraper scraper) {
        return arguments -> scraper.start();
    }
}
