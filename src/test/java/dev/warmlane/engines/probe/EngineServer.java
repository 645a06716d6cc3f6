package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A server on a free port that answers as it is told and remembers what it was asked. */
final class EngineServer implements AutoCloseable {
    private final DisposableServer server;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Set<SocketAddress> clients = ConcurrentHashMap.newKeySet();
    private volatile String version = "0.10.0";
    private volatile int health = 200;
    private volatile BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> metrics;

    EngineServer(BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> metrics) {
        this.metrics = metrics;
        this.server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    clients.add(request.remoteAddress());
                    requests.add("%s accept=%s authorization=%s"
                            .formatted(
                                    request.uri(),
                                    request.requestHeaders().get("Accept"),
                                    request.requestHeaders().get("Authorization")));
                    return switch (request.uri()) {
                        case "/metrics" -> this.metrics.apply(request, response);
                        case "/v1/models" -> response.sendString(Mono.just("{\"data\":[{\"id\":\"m\"}]}"));
                        case "/health" -> response.status(health).send();
                        case "/version" -> response.sendString(Mono.just("{\"version\":\"%s\"}".formatted(version)));
                        default -> response.sendNotFound();
                    };
                })
                .bindNow();
    }

    static EngineServer serving(String metrics) {
        return new EngineServer((request, response) -> response.sendString(Mono.just(metrics)));
    }

    EngineServer version(String newVersion) {
        version = newVersion;
        return this;
    }

    void health(int status) {
        health = status;
    }

    void answer(BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> newMetrics) {
        metrics = newMetrics;
    }

    Endpoint endpoint(String id) {
        return endpoint(id, EndpointState.READY);
    }

    Endpoint endpoint(String id, EndpointState state) {
        return new Endpoint(new EndpointId(id), id, URI.create("http://127.0.0.1:" + server.port()), state);
    }

    List<String> requests() {
        return requests;
    }

    long requests(String path) {
        return requests.stream()
                .filter(request -> request.startsWith(path + " "))
                .count();
    }

    /** How many connections were ever used. */
    int connections() {
        return clients.size();
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
