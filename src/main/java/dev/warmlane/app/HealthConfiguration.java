package dev.warmlane.app;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.routing.ColdRestarts;
import dev.warmlane.engines.probe.CheckTiming;
import dev.warmlane.engines.probe.HealthChecker;
import dev.warmlane.engines.probe.HealthLog;
import dev.warmlane.engines.tls.PoolTls;
import dev.warmlane.ops.actuator.HealthMeters;
import dev.warmlane.proxy.RoutedPool;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.OutlierSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Judges endpoints by their requests and by health checks of its own, and says so. */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {
    private static final int MAX_CONCURRENT_CHECKS = 64;

    @Bean
    PoolHealths poolHealths(WarmlaneSettings settings) {
        HealthRules rules = rules(settings.health(), settings.outlier());
        return new PoolHealths(settings.pools().stream()
                .map(pool -> new PoolHealth(new EndpointPool(pool.name()), rules, System::nanoTime))
                .toList());
    }

    @Bean
    HealthMeters healthMeters(PoolHealths healths, MeterRegistry registry) {
        return new HealthMeters(registry, healths.all());
    }

    @Bean
    HealthChecker healthChecker(WarmlaneSettings settings, PoolHealths healths, PoolTls tls) {
        HealthSettings health = settings.health();
        CheckTiming timing =
                new CheckTiming(health.enabled(), health.interval(), health.timeout(), MAX_CONCURRENT_CHECKS);
        return new HealthChecker(timing, healths.all(), tls, System::nanoTime, new SplittableRandom());
    }

    /** Starts once everybody listens. */
    @Bean
    ApplicationRunner startChecking(HealthChecker checker, PoolHealths healths, RoutedPools pools) {
        for (RoutedPool pool : pools.all()) {
            PoolHealth health = healths.get(pool.name());
            health.addListener(new HealthLog(pool.name()));
            health.addListener(new ColdRestarts(pool.router()));
        }
        return arguments -> checker.start();
    }

    private static HealthRules rules(HealthSettings health, OutlierSettings outlier) {
        return new HealthRules(
                outlier.enabled(),
                outlier.consecutiveFailures(),
                outlier.successRate(),
                outlier.minRequests(),
                outlier.window(),
                outlier.ejection(),
                outlier.maxEjection(),
                outlier.keepSessions(),
                health.fall(),
                health.rise(),
                health.slowStart());
    }
}
