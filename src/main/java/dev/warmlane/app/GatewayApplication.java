package dev.warmlane.app;

import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.SettingNames;
import dev.warmlane.settings.WarmlaneSettings;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** The gateway as a Spring Boot application. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(WarmlaneSettings.class)
@Import({
    GatewayApplication.SettingsConfiguration.class,
    PoolConfiguration.class,
    ProbeConfiguration.class,
    AccessConfiguration.class,
    ProxyConfiguration.class,
    ShortWayConfiguration.class,
    RouteCheck.class,
    AccessLogConfiguration.class,
    TracingConfiguration.class,
    ActuatorConfiguration.class,
    ClusterConfiguration.class,
    DashboardConfiguration.class,
    StartReport.class,
    // Last, as its guide stands below the report.
    DemoConfiguration.class
})
public class GatewayApplication {
    /** Stops the start at a setting that does not exist, wherever it was given, and at one that would change nothing. */
    @Configuration(proxyBeanMethods = false)
    static class SettingsConfiguration {
        private static final String MANAGEMENT_PORT = "management.server.port";

        @Bean
        static SettingNames settingNames() {
            return new SettingNames();
        }

        /** Depends on the settings, so that by then every name that exists has been looked for. */
        @Bean
        InitializingBean environmentCheck(SettingNames names, WarmlaneSettings settings) {
            return () -> names.check(System.getenv(), System.getProperties().stringPropertyNames());
        }

        /** On one port with clients, nothing of the management endpoints would be kept from them. */
        @Bean
        InitializingBean managementPortCheck(Environment environment) {
            return () -> {
                if (ManagementPortType.get(environment) == ManagementPortType.SAME) {
                    throw new InvalidSettingException(
                            MANAGEMENT_PORT, environment.getProperty(MANAGEMENT_PORT), "another port than server.port");
                }
            };
        }
    }
}
