package dev.warmlane.app;

import dev.warmlane.proxy.outcome.TracingFilter;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

    /**
     * Says at most once a minute that spans are lost, in a line, where OpenTelemetry logs a stack trace each time. Waits for no
     * collector any more once it is told to: OpenTelemetry tries again and again while the process waits to end. Safe for
     * concurrent use.
     */
    private static final class CountingLosses implements SpanExporter {
        private static final Logger log = LoggerFactory.getLogger(TracingConfiguration.class);
        private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

        private final SpanExporter exporter;
        private final AtomicLong lost = new AtomicLong();
        private final AtomicLong nextLineNanos = new AtomicLong(System.nanoTime());
        /** What OpenTelemetry waits for. */
        private final Set<CompletableResultCode> underWay = ConcurrentHashMap.newKeySet();

        private volatile boolean givenUp;

        CountingLosses(SpanExporter exporter) {
            this.exporter = exporter;
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            CompletableResultCode told = new CompletableResultCode();
            underWay.add(told);
            told.whenComplete(() -> {
                underWay.remove(told);
                if (!told.isSuccess()) {
                    lost(spans.size(), told.getFailureThrowable());
                }
            });
            if (givenUp) {
                told.failExceptionally(ending());
                return told;
            }
            CompletableResultCode sent = exporter.export(spans);
            sent.whenComplete(() -> {
                if (sent.isSuccess()) {
                    told.succeed();
                } else {
                    Throwable why = sent.getFailureThrowable();
                    told.failExceptionally(why == null ? new IOException("refused") : why);
                }
            });
            return told;
        }

        private static Throwable ending() {
            return new CancellationException("the gateway ends");
        }

        void giveUp() {
            givenUp = true;
            underWay.forEach(waiting -> waiting.failExceptionally(ending()));
        }

        private void lost(int spans, @Nullable Throwable why) {
            lost.addAndGet(spans);
            long next = nextLineNanos.get();
            long now = System.nanoTime();
            if (now - next >= 0 && nextLineNanos.compareAndSet(next, now + MINUTE_NANOS)) {
                log.warn("spans: {} not taken by the collector: {}", lost.getAndSet(0), String.valueOf(why));
            }
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }
}
