package dev.warmlane.app;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.ops.dashboard.DashboardFactory;
import dev.warmlane.ops.dashboard.LiveFeed;
import dev.warmlane.ops.dashboard.PoolSources;
import dev.warmlane.ops.dashboard.Sampling;
import dev.warmlane.ops.history.History;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the operators' page shows, and the history it remembers. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(prefix = "warmlane.dashboard", name = "enabled", havingValue = "true", matchIfMissing = true)
class DashboardConfiguration {

    @Bean
    History history(WarmlaneSettings settings) {
        return DashboardFactory.history(settings.history());
    }

    @Bean
    LiveFeed liveFeed(
            WarmlaneSettings settings,
            RoutedPools pools,
            PoolHealths healths,
            LoadScraper scraper,
            AffinityTable bindings,
            MeterRegistry registry,
            History history,
            DiscoveryConfiguration.Discoveries discoveries) {
        List<PoolSources> sources = pools.all().stream()
                .map(pool -> new PoolSources(pool.router(), () -> discoveries.isStale(pool.name())))
                .toList();
        return DashboardFactory.feed(
                ActuatorConfiguration.overview(pools, healths, scraper),
                sources,
                bindings,
                registry,
                history,
                settings.dashboard(),
                InstantSource.system());
    }

    @Bean(destroyMethod = "close")
    Sampling sampling(WarmlaneSettings settings, LiveFeed feed, History history) {
        return DashboardFactory.sampling(feed, history, settings.history());
    }

    @Bean
    ApplicationRunner startSampling(Sampling sampling) {
        return arguments -> sampling.start();
    }
}
