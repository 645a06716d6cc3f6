package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.HealthChecker;
import dev.warmlane.engines.probe.ProbeTiming;
import dev.warmlane.ops.actuator.HealthMeters;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Checks the health of endpoints, and counts what becomes of it. */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {
    private static final int MAX_CONCURRENT_CHECKS = 64;

    @Bean
    HealthMeters healthMeters(Pools pools, MeterRegistry registry) {
        return new HealthMeters(registry, pools);
    }

    @Bean
    HealthChecker healthChecker(WarmlaneSettings settings, Pools pools) {
        HealthSettings health = settings.health();
        ProbeTiming timing = new ProbeTiming(
                health.interval(), health.timeout(), settings.upstream().keepAlive(), MAX_CONCURRENT_CHECKS);
        return new HealthChecker(health.enabled(), timing, pools, System::nanoTime, new SplittableRandom());
    }

    /** Starts once everybody listens. */
    @Bean
    ApplicationRunner startChecking(HealthChecker checker) {
        return arguments -> checker.start();
    }
}
