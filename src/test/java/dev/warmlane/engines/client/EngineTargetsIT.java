package dev.warmlane.engines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.discovery.OneHost;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.ConnectionProvider;

/** Whatever asks an engine goes only where an endpoint may be, whatever a name resolves to. */
class EngineTargetsIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void goToTheAddressesThatAnEngineMayHave() {
        try (SimulatedServer engine = SimulatedServer.start(ServerOptions.DEFAULTS)) {
            assertThat(status(engine.port(), "169.254.169.254", "127.0.0.1")).isEqualTo(200);
        }
    }

    @Test
    void goNowhereWhereANameLeadsToCredentials() {
        assertThatThrownBy(() -> status(80, "169.254.169.254", "fd00:ec2::254"))
                .hasCauseInstanceOf(UnknownHostException.class);
    }

    private static int status(int port, String... addresses) {
        return EngineClient.create(ConnectionProvider.newConnection(), LONG, HttpResources.get())
                .resolver(new OneHost(addresses))
                .get()
                .uri("http://engine.example:" + port + "/health")
                .response()
                .map(response -> response.status().code())
                .block(LONG);
    }
}
