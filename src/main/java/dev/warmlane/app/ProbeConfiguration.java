package dev.warmlane.app;

import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ModelNamesFile;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EngineFacts;
import dev.warmlane.engines.probe.HealthChecker;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.engines.probe.ProbeTiming;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.HealthSettings.ScrapeSettings;
import dev.warmlane.settings.ReloadedFile;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.ModelNamesSettings;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Scrapes and health checks of the engines, and what is derived from them. */
@Configuration(proxyBeanMethods = false)
class ProbeConfiguration {
    private static final int MAX_CONCURRENT_SCRAPES = 64;
    private static final int MAX_CONCURRENT_CHECKS = 64;

    @Bean
    LoadScraper loadScraper(WarmlaneSettings settings, Pools pools) {
        ScrapeSettings scrape = settings.scrape();
        ProbeTiming timing = new ProbeTiming(
                scrape.interval(),
                scrape.timeout(),
                settings.upstream().keepAlive(),
                settings.upstream().dnsRefresh(),
                MAX_CONCURRENT_SCRAPES);
        return new LoadScraper(
                timing,
                scrape.modelsInterval(),
                LoadScraper.MAX_METRICS_BYTES,
                pools,
                System::nanoTime,
                new SplittableRandom());
    }

    /** Only where a file says so. */
    static final class ModelNamesGiven implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !Binder.get(context.getEnvironment())
                    .bindOrCreate("warmlane.model-names", Bindable.of(ModelNamesSettings.class))
                    .file()
                    .isEmpty();
        }
    }

    @Bean
    @Conditional(ModelNamesGiven.class)
    ReloadedFile<ModelNames> modelNames(WarmlaneSettings settings, Pools pools, LoadScraper scraper) {
        ModelNamesFile file =
                new ModelNamesFile(pools.all().stream().map(Pool::name).collect(Collectors.toSet()));
        ModelNamesSettings names = settings.modelNames();
        return ReloadedFile.watch(
                "warmlane.model-names.file",
                names.file(),
                names.reload(),
                content -> file.parse(content, ServedModels.poolsByModel(pools, scraper)));
    }

    @Bean
    ServedModels servedModels(Pools pools, LoadScraper scraper, ObjectProvider<ReloadedFile<ModelNames>> names) {
        ReloadedFile<ModelNames> file = names.getIfAvailable();
        ServedModels models = new ServedModels(
                pools,
                scraper,
                file == null ? () -> ModelNames.NONE : file::get,
                scraper::askForModels,
                System::nanoTime);
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
    HealthChecker healthChecker(WarmlaneSettings settings, Pools pools, LoadScraper scraper) {
        HealthSettings health = settings.health();
        ProbeTiming timing = new ProbeTiming(
                health.interval(),
                health.timeout(),
                settings.upstream().keepAlive(),
                settings.upstream().dnsRefresh(),
                MAX_CONCURRENT_CHECKS);
        return new HealthChecker(
                health.enabled(),
                timing,
                health.suspectAfter(),
                pools,
                scraper::isAtRest,
                System::nanoTime,
                new SplittableRandom());
    }

    /** Starts both once everybody listens. */
    @Bean
    @Order(0)
    ApplicationRunner startProbing(LoadScraper scraper, HealthChecker checker) {
        return arguments -> {
            scraper.onUnreachable(checker::unreachable);
            checker.start();
            scraper.start();
        };
    }
}
