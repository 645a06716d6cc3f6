package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.AffinityEndpoint;
import dev.warmlane.ops.actuator.DecisionsHandler;
import dev.warmlane.ops.dashboard.DashboardHandler;
import dev.warmlane.ops.dashboard.EventLog;
import dev.warmlane.ops.dashboard.LiveFeed;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.ops.history.History;
import dev.warmlane.proxy.Explainer;
import dev.warmlane.settings.WarmlaneSettings;
import java.time.Clock;
import java.time.InstantSource;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.http.HttpProtocol;

/** Routes of the management port alone, and how it treats connections; Spring Boot reads this class into that port's own context. */
@ManagementContextConfiguration(proxyBeanMethods = false)
@ConditionalOnBean(Explainer.class)
class ManagementRoutes {

    /**
     * One request a connection, so HTTP/1.1 whatever the public port speaks. Of requests over connections that were used before, Reactor Netty (1.3.7) never read one of some
     * hundred until its client gave up: a scrape or a probe that hangs. Seen on this port alone, where Spring Boot answers from
     * threads other than the connection's; the cause is not known.
     */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> oneRequestAConnection() {
        return factory -> factory.addServerCustomizers(
                server -> server.protocol(HttpProtocol.HTTP11).maxKeepAliveRequests(1));
    }

    @Bean
    RouterFunction<ServerResponse> decisionsRoutes(Pools pools, Explainer explainer) {
        return new DecisionsHandler(pools, explainer, Clock.systemUTC()).routes();
    }

    @Bean
    @ConditionalOnBean(LiveFeed.class)
    RouterFunction<ServerResponse> dashboardRoutes(
            LiveFeed feed,
            EventLog events,
            ProblemCatalogue problems,
            Pools pools,
            History history,
            AffinityEndpoint sessions,
            WarmlaneSettings settings,
            LoggingSystem logging) {
        return new DashboardHandler(
                        feed,
                        events,
                        pools,
                        history,
                        sessions,
                        problems,
                        settings.dashboard(),
                        settings.tenancy().enabled(),
                        logging,
                        InstantSource.system())
                .routes();
    }
}
