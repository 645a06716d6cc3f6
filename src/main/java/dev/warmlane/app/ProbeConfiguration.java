package dev.warmlane.app;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EngineFacts;
import dev.warmlane.engines.probe.HealthChecker;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.engines.probe.ProbeTiming;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.ScrapeSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Scrapes and health checks of the engines, and what is derived from them. */
@Configuration(proxyBeanMethods = false)
class ProbeConfiguration {
    private static final int MAX_CONCURRENT_SCRAPES = 64;
    private static final int MAX_CONCURRENT_CHECKS = 64;

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
        ServedModels models = new ServedModels(pools, scraper, scraper::askForModels, System::nanoTime);
        scraper.onRound(models::refresh);
        scraper.onModels(models::refresh);
        return models;
    }

    @Bean
    EngineFacts engineFacts(WarmlaneSettings settings, Pools pools, LoadScraper scraper) {
        EngineFacts facts = new EngineFacts(pools, scraper, settings.index(), System::nanoTime);
        scraper.onRound(facts::refresh);
        return facts;
    }

    @Bean
    HealthChecker healthChecker(WarmlaneSettings settings, Pools pools) {
        HealthSettings health = settings.health();
        ProbeTiming timing = new ProbeTiming(
                health.interval(), health.timeout(), settings.upstream().keepAlive(), MAX_CONCURRENT_CHECKS);
        return new HealthChecker(
                health.enabled(), timing, health.suspectAfter(), pools, System::nanoTime, new SplittableRandom());
    }

    /** Starts both once everybody listens. */
    @Bean
    ApplicationRunner startProbing(LoadScraper scraper, HealthChecker checker) {
        return arguments -> {
            scraper.onUnreachable(checker::unreachable);
            checker.start();
            scraper.start();
        };
    }
}
