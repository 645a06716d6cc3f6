package dev.warmlane.app;

import dev.warmlane.proxy.ProxyFactory;
import dev.warmlane.proxy.drain.ClientConnections;
import dev.warmlane.proxy.drain.Drain;
import dev.warmlane.settings.WarmlaneSettings;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How the gateway goes out of service; {@link ServeCommand} begins it at a signal. */
@Configuration(proxyBeanMethods = false)
class DrainConfiguration {

    @Bean
    ClientConnections clientConnections() {
        return new ClientConnections();
    }

    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> followedPort(ClientConnections clients) {
        return factory -> factory.addServerCustomizers(clients::follow);
    }

    @Bean
    Drain drain(WarmlaneSettings settings, ClientConnections clients, ProxyFactory proxy, ApplicationContext context) {
        return new Drain(
                settings.drain(),
                clients,
                () -> AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC),
                proxy::endResponses);
    }
}
