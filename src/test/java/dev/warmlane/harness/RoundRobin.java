package dev.warmlane.harness;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A plain load balancer: each request goes to the next server, whatever it is, and comes back as the server answers it. */
public final class RoundRobin implements AutoCloseable {
    private final List<URI> servers;
    private final AtomicInteger next = new AtomicInteger();
    private final HttpClient client = HttpClient.create();
    private final DisposableServer listener;

    private RoundRobin(List<URI> servers) {
        this.servers = List.copyOf(servers);
        this.listener =
                HttpServer.create().host("127.0.0.1").port(0).handle(this::pass).bindNow(Duration.ofSeconds(10));
    }

    /** @param servers their base addresses */
    public static RoundRobin over(List<URI> servers) {
        return new RoundRobin(servers);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + listener.port());
    }

    private Mono<Void> pass(HttpServerRequest request, HttpServerResponse response) {
        URI server = servers.get(Math.floorMod(next.getAndIncrement(), servers.size()));
        return client.headers(headers -> headers.set(request.requestHeaders()))
                .request(request.method())
                .uri(server.resolve(request.uri()))
                .send((upstream, out) -> out.send(request.receive().retain()))
                .response((answer, body) -> {
                    response.status(answer.status()).headers(answer.responseHeaders());
                    return response.send(body.retain(), chunk -> true);
                })
                .then();
    }

    @Override
    public void close() {
        listener.disposeNow(Duration.ofSeconds(10));
    }
}
