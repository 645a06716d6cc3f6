package dev.warmlane.app;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.engines.probe.ScrapeSettings;
import dev.warmlane.engines.probe.ScrapedPool;
import dev.warmlane.engines.tls.PoolTls;
import dev.warmlane.proxy.RoutedPool;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Reads what the engines say of themselves, and keeps the list of models by it. */
@Configuration(proxyBeanMethods = false)
class ScrapeConfiguration {

    @Bean
    LoadScraper loadScraper(WarmlaneSettings settings, RoutedPools pools, PoolTls tls) {
        Duration timeout = settings.scrape().timeout();
        ScrapeSettings scrape = new ScrapeSettings(
                settings.scrape().interval(),
                timeout,
                timeout,
                settings.scrape().modelsInterval(),
                ScrapeSettings.DEFAULTS.maxBodyBytes(),
                ScrapeSettings.DEFAULTS.maxConcurrent());
        List<ScrapedPool> scraped = pools.all().stream()
                .map(pool -> new ScrapedPool(pool.router().pool(), pool.apiKey()))
                .toList();
        return new LoadScraper(scrape, scraped, tls, System::nanoTime, new SplittableRandom());
    }

    @Bean
    ServedModels servedModels(WarmlaneSettings settings, RoutedPools pools, LoadScraper scraper) {
        List<ServedModels.Pool> served = new ArrayList<>();
        for (PoolSettings pool : settings.pools()) {
            RoutedPool routed = pools.get(pool.name());
            served.add(new ServedModels.Pool(routed.router().pool(), pool.models()));
        }
        ServedModels models = new ServedModels(served, scraper);
        scraper.onRound(models::refresh);
        scraper.onModels(models::refresh);
        return models;
    }

    @Bean
    EngineFacts engineFacts(WarmlaneSettings settings, RoutedPools pools, LoadScraper scraper) {
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
