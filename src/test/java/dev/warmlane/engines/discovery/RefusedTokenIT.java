package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.client.Certificates;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** An API server that speaks HTTP/2 too ends such a connection when it refuses a token, before the client has read the 401. */
class RefusedTokenIT {
    @Test
    void isToldAsSuch(@TempDir Path folder) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(
                Certificates.load(new Certificates(folder).make("api", "ip:127.0.0.1")),
                Certificates.PASSWORD.toCharArray());
        DisposableServer api = HttpServer.create()
                .host("127.0.0.1")
                .protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
                .secure(ssl -> ssl.sslContext(Http2SslContextSpec.forServer(keys)))
                .handle(RefusedTokenIT::refuse)
                .bindNow();
        try (KubernetesClient client = DiscoveryFactory.client()
                        .withConfig(new ConfigBuilder(Config.empty())
                                .withMasterUrl("https://127.0.0.1:" + api.port())
                                .withTrustCerts(true)
                                .withOauthToken("stale")
                                .withRequestRetryBackoffLimit(0)
                                .build())
                        .build();
                KubernetesDiscovery discovery = new KubernetesDiscovery(
                        client,
                        KubernetesSource.ofService("test", "vllm", TargetPort.FIRST),
                        new EndpointPool("default"),
                        new DiscoverySettings(
                                Duration.ofSeconds(1), Duration.ofMillis(50), Duration.ofSeconds(30), List.of()),
                        System::nanoTime)) {
            discovery.start();
            await().until(() -> discovery.status().lastError() != null);
            assertThat(discovery.status().lastError()).startsWith("401 ");
        } finally {
            api.disposeNow();
        }
    }

    private static Publisher<Void> refuse(HttpServerRequest request, HttpServerResponse response) {
        if (request.version().majorVersion() == 1) {
            return response.status(401).send();
        }
        response.withConnection(connection -> connection.channel().parent().close());
        return Mono.never();
    }
}
