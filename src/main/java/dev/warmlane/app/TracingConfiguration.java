package dev.warmlane.app;

import dev.warmlane.proxy.outcome.TracingFilter;
import io.micrometer.tracing.propagation.Propagator;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Spans, where there is somewhere to send them. Spring Boot makes the rest by the same setting. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(AutoConfigurations.TRACES_ENDPOINT)
class TracingConfiguration {

    @Bean
    TracingFilter tracingFilter(Propagator propagator) {
        return new TracingFilter(propagator);
    }
}
