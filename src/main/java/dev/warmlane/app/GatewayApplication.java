package dev.warmlane.app;

import dev.warmlane.settings.WarmlaneSettings;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/** The gateway as a Spring Boot application. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(WarmlaneSettings.class)
@Import({
    SettingsConfiguration.class,
    PoolConfiguration.class,
    ProbeConfiguration.class,
    AccessConfiguration.class,
    ProxyConfiguration.class,
    ShortWayConfiguration.class,
    RouteCheck.class,
    AccessLogConfiguration.class,
    TracingConfiguration.class,
    ActuatorConfiguration.class,
    DrainConfiguration.class,
    ClusterConfiguration.class,
    DashboardConfiguration.class,
    StartReport.class,
    // Last, as its guide stands below the report.
    DemoConfiguration.class
})
public class GatewayApplication {}
