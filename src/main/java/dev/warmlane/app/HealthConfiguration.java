package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.HealthChecker;
import dev.warmlane.engines.probe.ProbeTiming;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.util.SplittableRandom;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Checks the health of endpoints. */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {
    private static final int MAX_CONCURRENT_CHECKS = 64;

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
