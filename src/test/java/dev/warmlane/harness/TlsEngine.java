package dev.warmlane.harness;

import dev.warmlane.engines.client.Certificates;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.LoopResources;

/** An engine that speaks TLS only, and only to clients with a certificate that it trusts. */
public final class TlsEngine implements AutoCloseable {
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger checks = new AtomicInteger();
    /** Of its own: those that all share end with the gateway. */
    private final LoopResources loops = LoopResources.create("tls-engine", 1, true);

    private final DisposableServer server;

    /**
     * @param keys its own certificate
     * @param trust whose clients it serves
     */
    public TlsEngine(Path keys, Path trust) {
        SslContext context = context(keys, trust);
        server = HttpServer.create()
                .runOn(loops)
                .host("127.0.0.1")
                .port(0)
                .secure(spec -> spec.sslContext(context))
                .route(this::routes)
                .bindNow();
    }

    public URI uri() {
        return URI.create("https://127.0.0.1:" + server.port());
    }

    public int requests() {
        return requests.get();
    }

    public int checks() {
        return checks.get();
    }

    private void routes(HttpServerRoutes routes) {
        routes.get(
                        "/v1/models",
                        (request, response) -> response.header("Content-Type", "application/json")
                                .sendString(Mono.just(
                                        "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}")))
                .get(
                        "/metrics",
                        (request, response) -> response.sendString(
                                Mono.just("vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 0.0\n")))
                .get("/health", (request, response) -> {
                    checks.incrementAndGet();
                    return response.send();
                })
                .post("/v1/chat/completions", (request, response) -> {
                    requests.incrementAndGet();
                    return request.receive()
                            .then()
                            .then(response.header("Content-Type", "application/json")
                                    .sendString(Mono.just("{}"))
                                    .then());
                });
    }

    private static SslContext context(Path keys, Path trust) {
        try {
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(Certificates.load(keys), Certificates.PASSWORD.toCharArray());
            TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trusted.init(Certificates.load(trust));
            return SslContextBuilder.forServer(own)
                    .trustManager(trusted)
                    .clientAuth(ClientAuth.REQUIRE)
                    .build();
        } catch (GeneralSecurityException | SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.disposeNow();
        loops.dispose();
    }
}
