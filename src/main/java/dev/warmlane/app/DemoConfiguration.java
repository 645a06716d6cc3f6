package dev.warmlane.app;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.tools.simulator.FleetOptions;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** In the demo, a simulated vLLM server at every endpoint of the settings, in the gateway's own process. */
@Configuration(proxyBeanMethods = false)
@Profile("demo")
class DemoConfiguration {

    @Bean
    SimulatedServers simulatedServers(WarmlaneSettings settings) {
        ServerOptions options = FleetOptions.demo(1, 1).server();
        List<SimulatedServer> servers = new ArrayList<>();
        for (PoolSettings pool : settings.pools()) {
            for (Endpoint endpoint : StaticDiscovery.endpoints(pool.endpoints())) {
                servers.add(SimulatedServer.start(
                        options, endpoint.uri().getHost(), endpoint.uri().getPort()));
            }
        }
        return new SimulatedServers(servers);
    }

    /** Closed with the application. */
    record SimulatedServers(List<SimulatedServer> servers) implements AutoCloseable {
        @Override
        public void close() {
            servers.forEach(SimulatedServer::close);
        }
    }
}
