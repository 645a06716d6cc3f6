package dev.warmlane.app;

import dev.warmlane.settings.DoubtfulSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.SettingNames;
import dev.warmlane.settings.WarmlaneSettings;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.EnvironmentAware;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

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
    TlsCheck.class,
    TlsReload.class,
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
        private static final Logger log = LoggerFactory.getLogger(SettingsConfiguration.class);
        private static final String MANAGEMENT_PORT = "management.server.port";

        @Bean
        static SettingNames settingNames(Environment environment) {
            return new SettingNames(environment::resolvePlaceholders);
        }

        /** Depends on the settings, so that by then every name that exists has been looked for. */
        @Bean
        InitializingBean environmentCheck(SettingNames names, WarmlaneSettings settings) {
            return () -> names.check(System.getenv(), System.getProperties().stringPropertyNames());
        }

        @Bean
        InitializingBean doubtfulSettings(WarmlaneSettings settings) {
            DataSize heap = DataSize.ofBytes(Runtime.getRuntime().maxMemory());
            return () -> DoubtfulSettings.of(settings, heap).forEach(log::warn);
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

    /**
     * Says which auto-configurations of Spring the gateway is made of. The libraries bring three times as many: HTTP clients, service
     * discovery, refreshing, scheduling, endpoints that {@link ActuatorConfiguration.SafeEndpoints} would take away again. Each
     * that is looked at costs every start its classes and conditions, and brings things that nobody has thought of here.
     *
     * <p>Tracing is left out where spans are sent nowhere: it would start threads and make every histogram look for a span.
     * Exemplars are left out in any case, for no span of ours is ever current on a thread.
     */
    static final class AutoConfigurations implements AutoConfigurationImportFilter, EnvironmentAware, PriorityOrdered {
        /** Simple names of those that are always in. */
        static final Set<String> KEPT = Set.of(
                // The application, its settings and its certificates.
                "ApplicationAvailabilityAutoConfiguration",
                "ConfigurationPropertiesAutoConfiguration",
                "LifecycleAutoConfiguration",
                "ProjectInfoAutoConfiguration",
                "PropertyPlaceholderAutoConfiguration",
                "SslAutoConfiguration",
                // The server and what it speaks.
                "CodecsAutoConfiguration",
                "ErrorWebFluxAutoConfiguration",
                "HttpHandlerAutoConfiguration",
                "JacksonAutoConfiguration",
                "NettyAutoConfiguration",
                "NettyReactiveWebServerAutoConfiguration",
                "ReactorAutoConfiguration",
                "WebFluxAutoConfiguration",
                // Routes.
                "GatewayAutoConfiguration",
                "GatewayNoLoadBalancerClientAutoConfiguration",
                "SimpleUrlHandlerMappingGlobalCorsAutoConfiguration",
                // The management port.
                "EndpointAutoConfiguration",
                "InfoContributorAutoConfiguration",
                "InfoEndpointAutoConfiguration",
                "JacksonEndpointAutoConfiguration",
                "ManagementContextAutoConfiguration",
                "NettyReactiveManagementContextAutoConfiguration",
                "WebEndpointAutoConfiguration",
                "WebFluxHealthEndpointExtensionAutoConfiguration",
                // Health.
                "AvailabilityHealthContributorAutoConfiguration",
                "AvailabilityProbesAutoConfiguration",
                "DiskSpaceHealthContributorAutoConfiguration",
                "HealthContributorAutoConfiguration",
                "HealthContributorRegistryAutoConfiguration",
                "HealthEndpointAutoConfiguration",
                "SslHealthContributorAutoConfiguration",
                // Metrics.
                "CompositeMeterRegistryAutoConfiguration",
                "JvmMetricsAutoConfiguration",
                "LogbackMetricsAutoConfiguration",
                "MetricsAutoConfiguration",
                "MetricsEndpointAutoConfiguration",
                "ObservationAutoConfiguration",
                "PrometheusMetricsExportAutoConfiguration",
                "SimpleMetricsExportAutoConfiguration",
                "SslMetricsAutoConfiguration",
                "StartupTimeMetricsListenerAutoConfiguration",
                "SystemMetricsAutoConfiguration");

        private static final String TRACING = "org.springframework.boot.micrometer.tracing.";
        private static final String OPEN_TELEMETRY = "org.springframework.boot.opentelemetry.";

        private boolean tracing;

        /** Before Spring Boot's own filters, which look for a class of each library that it knows. */
        @Override
        public int getOrder() {
            return HIGHEST_PRECEDENCE;
        }

        @Override
        public void setEnvironment(Environment environment) {
            tracing = environment.containsProperty(TracingConfiguration.ENDPOINT);
        }

        @Override
        public boolean[] match(@Nullable String[] autoConfigurations, AutoConfigurationMetadata metadata) {
            boolean[] kept = new boolean[autoConfigurations.length];
            for (int i = 0; i < kept.length; i++) {
                String name = autoConfigurations[i];
                kept[i] = name != null && isKept(name);
            }
            return kept;
        }

        boolean isKept(String name) {
            if (name.startsWith(TRACING) || name.startsWith(OPEN_TELEMETRY)) {
                return tracing && !name.contains("Exemplars");
            }
            // What is not named so is a part that one of those kept imports.
            return !name.endsWith("AutoConfiguration") || KEPT.contains(name.substring(name.lastIndexOf('.') + 1));
        }
    }
}
