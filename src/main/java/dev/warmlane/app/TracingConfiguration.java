package dev.warmlane.app;

import dev.warmlane.proxy.outcome.TracingFilter;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.SdkTracerProviderBuilderCustomizer;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.SpanExporters;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;

/** Spans, if there is somewhere to send them. Spring Boot configures the rest by the same setting. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(TracingConfiguration.ENDPOINT)
class TracingConfiguration {
    /** The setting that turns tracing on, as Spring Boot has it. */
    static final String ENDPOINT = "management.opentelemetry.tracing.export.otlp.endpoint";

    /** Before an exporter is made of it, which would only say where in its code it failed. */
    @Bean
    static BeanFactoryPostProcessor tracesEndpointCheck(Environment environment) {
        String endpoint = environment.getProperty(ENDPOINT, "");
        if (!isHttp(endpoint)) {
            throw new InvalidSettingException(ENDPOINT, endpoint, "a URL such as http://collector:4318/v1/traces");
        }
        return beans -> {};
    }

    private static boolean isHttp(String endpoint) {
        try {
            URI uri = new URI(endpoint);
            return uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    @Bean
    TracingFilter tracingFilter(Propagator propagator, Tracer tracer) {
        return new TracingFilter(propagator, tracer);
    }

    @Bean
    SdkTracerProviderBuilderCustomizer serviceVersion(ObjectProvider<BuildProperties> build) {
        return spans -> build.ifAvailable(built -> spans.addResource(Resource.create(
                Attributes.of(AttributeKey.stringKey("service.version"), String.valueOf(built.getVersion())))));
    }

    @Bean
    SpanExporters spanExporters(
            ObjectProvider<SpanExporter> exporters, WarmlaneSettings settings, ConfigurableApplicationContext context) {
        List<CountingLosses> counting =
                exporters.orderedStream().map(CountingLosses::new).toList();
        Executor later =
                CompletableFuture.delayedExecutor(settings.drain().farewell().toMillis(), TimeUnit.MILLISECONDS);
        context.addApplicationListener(
                (ContextClosedEvent closing) -> counting.forEach(exporter -> later.execute(exporter::giveUp)));
        return SpanExporters.of(counting);
    }
}
