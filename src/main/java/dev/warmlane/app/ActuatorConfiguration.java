package dev.warmlane.app;

import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.ops.actuator.AffinityEndpoint;
import dev.warmlane.ops.actuator.CacheEndpoint;
import dev.warmlane.ops.actuator.ClusterEndpoint;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator.DiscoveryHealthIndicator;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator.ModelsHealthIndicator;
import dev.warmlane.ops.actuator.EngineMeters;
import dev.warmlane.ops.actuator.PoolMeters;
import dev.warmlane.ops.actuator.PoolMeters.CacheMeters;
import dev.warmlane.ops.actuator.PoolMeters.RoutingMeters;
import dev.warmlane.ops.actuator.SteadyScrapes;
import dev.warmlane.ops.actuator.VllmEndpoint;
import dev.warmlane.proxy.access.Tenants;
import dev.warmlane.settings.SettingsInForce;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.EndpointFilter;
import org.springframework.boot.actuate.endpoint.ExposableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.DiscoveredEndpoint;
import org.springframework.boot.actuate.endpoint.web.ExposableWebEndpoint;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.info.GitProperties;
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
    AffinityEndpoint affinityEndpoint(
            Bindings bindings, Pools pools, ServedModels models, ObjectProvider<Tenants> tenants) {
        return new AffinityEndpoint(bindings, pools, models, tenants.getIfAvailable());
    }

    /** Beside version and commit: by which policy requests are routed, and the settings in force. */
    @Bean
    InfoContributor gatewayInfo(WarmlaneSettings settings) {
        Map<String, Object> details = Map.of(
                "policy", settings.routing().policy(),
                "settings", SettingsInForce.of(settings));
        return info -> info.withDetail("warmlane", details);
    }

    @Bean
    ClusterEndpoint clusterEndpoint(ObjectProvider<ReplicaSharing> sharing) {
        return new ClusterEndpoint(sharing.getIfAvailable());
    }

    @Bean
    CacheEndpoint cacheEndpoint(Pools pools, CacheWatch watch) {
        return new CacheEndpoint(pools, watch);
    }

    @Bean
    CacheMeters cacheMeters(Pools pools, CacheWatch watch, MeterRegistry registry) {
        return new CacheMeters(registry, pools, watch);
    }

    @Bean
    VllmEndpoint vllmEndpoint(Pools pools, LoadScraper scraper) {
        return new VllmEndpoint(pools, scraper, System::nanoTime);
    }

    @Bean
    SteadyScrapes prometheusEndpoint(
            ObjectProvider<PrometheusRegistry> registry, ObjectProvider<PrometheusConfig> config) {
        return new SteadyScrapes(
                registry.getIfAvailable(PrometheusRegistry::new),
                config.getIfAvailable(() -> PrometheusConfig.DEFAULT).prometheusProperties());
    }

    @Bean
    EngineMeters engineMeters(Pools pools, LoadScraper scraper, MeterRegistry registry, SteadyScrapes scrapes) {
        EngineMeters meters = new EngineMeters(registry, pools, scraper, System::nanoTime);
        Runnable refresh = meters::refresh;
        scraper.onRound(() -> scrapes.change(refresh));
        return meters;
    }

    @Bean
    RoutingMeters routingMeters(
            Pools pools, Bindings bindings, LoadScraper scraper, MeterRegistry registry, SteadyScrapes scrapes) {
        RoutingMeters meters = new RoutingMeters(registry, pools, bindings);
        Runnable refresh = meters::refresh;
        scraper.onRound(() -> scrapes.change(refresh));
        return meters;
    }

    @Bean
    PoolMeters poolMeters(Pools pools, MeterRegistry registry) {
        return new PoolMeters(registry, pools);
    }

    /** Which version each replica is, so that a rollout is seen beside what it changes. */
    @Bean
    MeterBinder buildInfo(ObjectProvider<BuildProperties> build, ObjectProvider<GitProperties> git) {
        BuildProperties version = build.getIfAvailable();
        GitProperties commit = git.getIfAvailable();
        return registry -> PoolMeter.BUILD_INFO.gauge(
                registry,
                1,
                Integer::doubleValue,
                Objects.requireNonNullElse(version == null ? null : version.getVersion(), ""),
                Objects.requireNonNullElse(commit == null ? null : commit.getShortCommitId(), ""),
                System.getProperty("java.version"));
    }

    @Bean
    DiscoveryHealthIndicator discoveryHealthIndicator(Pools pools) {
        return new DiscoveryHealthIndicator(pools);
    }

    @Bean
    EndpointsHealthIndicator endpointsHealthIndicator(Pools pools) {
        return new EndpointsHealthIndicator(pools);
    }

    @Bean
    ModelsHealthIndicator modelsHealthIndicator(ServedModels models, DiscoveryHealthIndicator discovery) {
        return new ModelsHealthIndicator(models, discovery);
    }

    /**
     * Lets the management port offer only Warmlane's own endpoints and those of Spring Boot that tell no secret and change
     * nothing. Whatever else {@code management.endpoints.web.exposure.include} asks for stays away: the environment with its
     * keys, a dump of the heap with the prompts in it, shutting down, log levels, and editing routes.
     */
    static final class SafeEndpoints<E extends ExposableEndpoint<?>> implements EndpointFilter<E> {
        private static final Set<String> SAFE = Set.of("health", "info", "prometheus", "metrics");
        private static final String OWN = "dev.warmlane.";

        @Override
        public boolean match(E endpoint) {
            return SAFE.contains(endpoint.getEndpointId().toLowerCaseString())
                    || (endpoint instanceof DiscoveredEndpoint<?> discovered
                            && discovered.getEndpointBean().getClass().getName().startsWith(OWN));
        }
    }
}
