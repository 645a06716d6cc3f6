package dev.warmlane.gateway;

import dev.warmlane.actuator.DecisionsHandler;
import dev.warmlane.proxy.Explainer;
import dev.warmlane.proxy.RoutedPools;
import java.time.Clock;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Routes of the management port alone; Spring Boot reads this class into that port's own context. */
@ManagementContextConfiguration(proxyBeanMethods = false)
@ConditionalOnBean(Explainer.class)
class ManagementRoutes {

    @Bean
    RouterFunction<ServerResponse> decisionsRoutes(RoutedPools pools, Explainer explainer) {
        return new DecisionsHandler(pools, explainer, Clock.systemUTC()).routes();
    }
}
