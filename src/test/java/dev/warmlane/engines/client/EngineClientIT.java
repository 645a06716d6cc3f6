package dev.warmlane.engines.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.discovery.OneHost;
import dev.warmlane.harness.Awaited;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.ConnectionProvider;

/** Every client goes only where an endpoint may be, whatever a name resolves to, and takes one response for a request. */
class EngineClientIT {
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

    @Test
    void passesOverInterimResponses() throws Exception {
        try (ServerSocket engine = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> answer(
                    engine, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
            answering.start();
            assertThat(status(engine.getLocalPort(), "127.0.0.1")).isEqualTo(204);
            Awaited.end(answering);
        }
    }

    private static void answer(ServerSocket engine, String response) {
        try (Socket connection = engine.accept()) {
            BufferedReader request = new BufferedReader(new InputStreamReader(connection.getInputStream(), US_ASCII));
            while (!request.readLine().isEmpty()) {
                continue;
            }
            connection.getOutputStream().write(response.getBytes(US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int status(int port, String... addresses) {
        return EngineClient.create(
                        ConnectionProvider.newConnection(),
                        LONG,
                        new OneHost(addresses),
                        HeaderLimits.DEFAULT,
                        HttpResources.get())
                .get()
                .uri("http://engine.example:" + port + "/health")
                .response()
                .map(response -> response.status().code())
                .block(LONG);
    }
}
