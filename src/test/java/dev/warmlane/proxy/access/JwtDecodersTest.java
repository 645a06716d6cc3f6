package dev.warmlane.proxy.access;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.IdentityProvider;
import dev.warmlane.proxy.access.JwtAuthenticator.JwtDecoders;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;

class JwtDecodersTest {
    private static final String NO_KEYS =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}";

    /** One that is left open can outlive its event loop when the gateway ends, which then waits for it. */
    @Test
    void closesTheConnectionToTheProviderAfterEachResponse() throws Exception {
        try (ServerSocket keys = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                IdentityProvider provider = IdentityProvider.start()) {
            CompletableFuture<String> afterwards = CompletableFuture.supplyAsync(() -> respond(keys));
            ReactiveJwtDecoder decoder = JwtDecoders.of(
                    "",
                    "http://127.0.0.1:%d/keys".formatted(keys.getLocalPort()),
                    List.of(IdentityProvider.AUDIENCE),
                    List.of("RS256"),
                    Duration.ofMinutes(1));
            String token = provider.token(provider.claims("somebody").build());

            assertThatThrownBy(() -> decoder.decode(token).block(Duration.ofMinutes(1)))
                    .isInstanceOf(BadJwtException.class);

            assertThat(Awaited.result(afterwards)).isEqualTo("closed");
        }
    }

    /** What the first client does after its response. */
    private static String respond(ServerSocket server) {
        try (Socket client = server.accept()) {
            BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {}
            client.getOutputStream().write(NO_KEYS.getBytes(US_ASCII));
            client.setSoTimeout(60_000);
            return request.read() < 0 ? "closed" : "asked again";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
