package dev.warmlane.app;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.validation.DemoTraffic;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;

/**
 * In the demo, a simulated vLLM server at every endpoint of the settings, in the gateway's own process, and a few clients that keep
 * them busy. The profile {@code quiet} leaves the clients out.
 */
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

    @Bean
    @Profile("!quiet")
    DemoTraffic demoTraffic() {
        return new DemoTraffic();
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> demoGuide(Environment environment, ObjectProvider<DemoTraffic> traffic) {
        return started -> {
            String gateway = StartReport.url(environment, "server", "local.server.port");
            String management = StartReport.url(environment, "management.server", "local.management.port");
            traffic.ifAvailable(clients ->
                    clients.start(gateway, ServerOptions.DEFAULTS.models().base()));
            System.out.printf("""

                    The demo is at %2$s/dashboard
                    Ask it twice, and see what it says of its servers and why it chose one:

                      curl -si %1$s/v1/chat/completions -H 'x-session-id: alice' -H 'content-type: application/json' \\
                        -d '{"messages": [{"role": "user", "content": "What is a KV cache?"}]}'
                      curl -s %2$s/actuator/vllm
                      curl -s '%2$s/actuator/decisions?limit=1'

                    """, gateway, management);
        };
    }

    /** Closed with the application. */
    record SimulatedServers(List<SimulatedServer> servers) implements AutoCloseable {
        @Override
        public void close() {
            servers.forEach(SimulatedServer::close);
        }
    }
}
