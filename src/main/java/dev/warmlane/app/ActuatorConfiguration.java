package dev.warmlane.app;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.ops.actuator.AffinityEndpoint;
import dev.warmlane.ops.actuator.EngineMeters;
import dev.warmlane.ops.actuator.EngineOverview;
import dev.warmlane.ops.actuator.GatewayInfo;
import dev.warmlane.ops.actuator.ObservedPool;
import dev.warmlane.ops.actuator.PoolMeters;
import dev.warmlane.ops.actuator.QueueStatus;
import dev.warmlane.ops.actuator.RoutingMeters;
import dev.warmlane.ops.actuator.SafeEndpoints;
import dev.warmlane.ops.actuator.VllmEndpoint;
import dev.warmlane.proxy.RoutedPool;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.proxy.access.Tenants;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.web.ExposableWebEndpoint;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the management port offers. */
@Configuration(proxyBeanMethods = false)
class ActuatorConfiguration {

    @Bean
    SafeEndpoints<ExposableWebEndpoint> safeWebEndpoints() {
        return new SafeEndpoints<>();
    }

    @Bean
    @SuppressWarnings("removal") // Spring Cloud Gateway's is the last of its kind.
    SafeEndpoints<org.springframework.boot.actuate.endpoint.web.annotation.ExposableControllerEndpoint>
            safeControllerEndpoints() {
        return new SafeEndpoints<>();
    }

    @Bean
    AffinityEndpoint affinityEndpoint(AffinityTable table, RoutedPools pools, ObjectProvider<Tenants> tenants) {
        return new AffinityEndpoint(
                table, pools.all().stream().map(pool -> pool.router().pool()).toList(), tenants.getIfAvailable());
    }

    @Bean
    GatewayInfo gatewayInfo(WarmlaneSettings settings) {
        return new GatewayInfo(settings);
    }

    @Bean
    VllmEndpoint vllmEndpoint(RoutedPools pools, PoolHealths healths, LoadScraper scraper) {
        return new VllmEndpoint(overview(pools, healths, scraper));
    }

    @Bean
    EngineMeters engineMeters(RoutedPools pools, PoolHealths healths, LoadScraper scraper, MeterRegistry registry) {
        EngineMeters meters = new EngineMeters(registry, observed(pools, healths), scraper, System::nanoTime);
        scraper.onRound(meters::refresh);
        return meters;
    }

    @Bean
    RoutingMeters routingMeters(RoutedPools pools, AffinityTable table, LoadScraper scraper, MeterRegistry registry) {
        RoutingMeters meters = new RoutingMeters(
                registry, pools.all().stream().map(RoutedPool::router).toList(), table);
        scraper.onRound(meters::refresh);
        return meters;
    }

    @Bean
    PoolMeters poolMeters(RoutedPools pools, DiscoveryConfiguration.Discoveries discoveries, MeterRegistry registry) {
        return new PoolMeters(
                registry, pools.all().stream().map(RoutedPool::router).toList(), discoveries::isStale);
    }

    @Bean
    DiscoveryHealthIndicator discoveryHealthIndicator(
            PoolHealths pools, DiscoveryConfiguration.Discoveries discoveries) {
        return new DiscoveryHealthIndicator(pools, discoveries);
    }

    @Bean
    ModelsHealthIndicator modelsHealthIndicator(ServedModels models, DiscoveryHealthIndicator discovery) {
        return new ModelsHealthIndicator(models, discovery);
    }

    static EngineOverview overview(RoutedPools pools, PoolHealths healths, LoadScraper scraper) {
        return new EngineOverview(observed(pools, healths), scraper, System::nanoTime);
    }

    private static List<ObservedPool> observed(RoutedPools pools, PoolHealths healths) {
        return pools.all().stream()
                .map(pool -> new ObservedPool(
                        pool.router().pool(),
                        id -> pool.router().inFlight().requests(id),
                        healths.get(pool.name())::of,
                        () -> queueStatus(pool)))
                .toList();
    }

    private static QueueStatus queueStatus(RoutedPool pool) {
        return new QueueStatus(
                pool.queue().waiting(),
                pool.queue().limits().maxEntries(),
                pool.router().inFlight().maxRequests(),
                pool.queue().endedPerSecond());
    }
}
