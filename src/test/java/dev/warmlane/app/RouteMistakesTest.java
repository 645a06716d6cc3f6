package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.filter.factory.RewritePathGatewayFilterFactory;
import org.springframework.cloud.gateway.support.ConfigurationService;

class RouteMistakesTest {
    @Test
    void aFilterThatCannotBeMadeKeepsItsCause() {
        ConfigurationService configuration = new ConfigurationService(
                new DefaultListableBeanFactory(), ApplicationConversionService::getSharedInstance, () -> null);
        GatewayProperties gateway = new GatewayProperties();
        gateway.setDefaultFilters(List.of(new FilterDefinition("RewritePath=[,b")));
        RouteMistakes mistakes =
                new RouteMistakes(List.of(), List.of(new RewritePathGatewayFilterFactory()), configuration);

        assertThatThrownBy(() -> mistakes.find(gateway))
                .hasMessageContaining("RewritePath: Unclosed character class")
                .hasRootCauseInstanceOf(PatternSyntaxException.class);
    }

    @Test
    void aFailureThatSaysNothingIsNamed() {
        IllegalStateException failure = new IllegalStateException();

        assertThat(RouteMistakes.elsewhere(failure))
                .hasMessage("spring.cloud.gateway.server.webflux.routes: IllegalStateException")
                .hasCause(failure);
    }
}
