package dev.warmlane.proxy.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.Certificates;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.harness.Awaited;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A response that only the end of its connection ends is whole if TLS says that it is the end. */
class TruncatedTlsIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String WITHOUT_LENGTH = "HTTP/1.1 200 OK\r\n\r\npart";
    private static final String WITH_LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npart";

    @TempDir
    private Path folder;

    private Certificates certificates;
    private ServerSocket engine;
    private UpstreamClient client;

    @BeforeEach
    void start() throws IOException {
        certificates = new Certificates(folder);
        certificates.make("engine", "ip:127.0.0.1");
        engine = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        client = new UpstreamClient(
                new UpstreamSettings(LONG, LONG, LONG, LONG, 1, LONG, "", LONG, LONG, List.of()), HeaderLimits.DEFAULT);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        engine.close();
    }

    @Test
    void aResponseWithoutLengthIsWholeWhereTlsEnds() {
        assertThat(response(WITHOUT_LENGTH, true)).isEqualTo("part");
    }

    @Test
    void aResponseWithoutLengthHasBrokenOffWhereTlsDoes() {
        assertThatThrownBy(() -> response(WITHOUT_LENGTH, false))
                .satisfies(failure -> assertThat(
                                EngineFailure.of(failure.getCause()).reason())
                        .isEqualTo("closed early"));
    }

    @Test
    void aResponseWithItsLengthIsWholeHoweverTheConnectionEnds() {
        assertThat(response(WITH_LENGTH, false)).isEqualTo("part");
    }

    private String response(String sent, boolean tlsEnds) {
        CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> answer(sent, tlsEnds));
        URI uri = URI.create("https://127.0.0.1:" + engine.getLocalPort());
        String text = Requests.send(client, uri, tls(), "/").block(LONG);
        Awaited.result(answered);
        return text;
    }

    private void answer(String response, boolean tlsEnds) {
        try (Socket connection = engine.accept();
                SSLSocket secured =
                        (SSLSocket) serverContext().getSocketFactory().createSocket(connection, null, false)) {
            BufferedReader request = new BufferedReader(new InputStreamReader(secured.getInputStream(), US_ASCII));
            while (!request.readLine().isEmpty()) {
                continue;
            }
            secured.getOutputStream().write(response.getBytes(US_ASCII));
            if (!tlsEnds) {
                connection.close();
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLContext serverContext() throws GeneralSecurityException {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(Certificates.load(certificates.keys("engine")), Certificates.PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        return context;
    }

    private ClientTls tls() {
        try {
            TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trusted.init(Certificates.load(certificates.trust("engine")));
            return new ClientTls(
                    SslContextBuilder.forClient().trustManager(trusted).build(), null);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
