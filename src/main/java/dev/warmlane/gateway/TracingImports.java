package dev.warmlane.gateway;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Leaves Spring Boot's tracing out where spans are sent nowhere: it would start threads and make every histogram look for a
 * span. Exemplars are left out in any case, for no span of ours is ever current on a thread.
 */
final class TracingImports implements AutoConfigurationImportFilter, EnvironmentAware {
    /** The setting that turns tracing on, as Spring Boot has it. */
    static final String ENDPOINT = "management.opentelemetry.tracing.export.otlp.endpoint";

    private static final String TRACING = "org.springframework.boot.micrometer.tracing.";
    private static final String OPEN_TELEMETRY = "org.springframework.boot.opentelemetry.";

    private boolean on;

    @Override
    public void setEnvironment(Environment environment) {
        on = environment.containsProperty(ENDPOINT);
    }

    @Override
    public boolean[] match(@Nullable String[] autoConfigurations, AutoConfigurationMetadata metadata) {
        boolean[] kept = new boolean[autoConfigurations.length];
        for (int i = 0; i < kept.length; i++) {
            String name = autoConfigurations[i];
            kept[i] = name == null || !isTracing(name) || (on && !name.contains("Exemplars"));
        }
        return kept;
    }

    private static boolean isTracing(String name) {
        return name.startsWith(TRACING) || name.startsWith(OPEN_TELEMETRY);
    }
}
