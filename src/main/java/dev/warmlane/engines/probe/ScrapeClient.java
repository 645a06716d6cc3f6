package dev.warmlane.engines.probe;

import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.discovery.AllowedAddresses;
import dev.warmlane.engines.pool.Pool;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Asks vLLM servers about themselves, over connections of its own. Every response is bounded in time and length; the
 * results, errors and timers all come on the one thread of the given loop.
 */
final class ScrapeClient {
    private static final int MAX_JSON_BYTES = 1 << 20;

    private final ScrapeSettings settings;
    private final Scheduler loop;
    private final ConnectionProvider connections;
    private final HttpClient http;

    ScrapeClient(ScrapeSettings settings, LoopResources loops, Scheduler loop) {
        this.settings = settings;
        this.loop = loop;
        // vLLM closes idle connections after 5 s: leave before, so that no request meets a closing one.
        this.connections = ConnectionProvider.builder("warmlane-scrape")
                .maxConnections(settings.maxConcurrent())
                .pendingAcquireMaxCount(settings.maxConcurrent())
                .pendingAcquireTimeout(settings.timeout())
                .maxIdleTime(Duration.ofSeconds(4))
                .evictInBackground(Duration.ofSeconds(10))
                .build();
        this.http = HttpClient.create(connections)
                .runOn(loops)
                .resolver(dns -> dns.runOn(loops).queryTimeout(settings.connectTimeout()))
                .resolvedAddressesSelector((config, resolved) -> AllowedAddresses.of(resolved))
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        Math.toIntExact(settings.connectTimeout().toMillis()));
    }

    Mono<VllmMetrics> metrics(Pool pool, URI endpoint) {
        return get(
                        pool,
                        endpoint,
                        "/metrics",
                        settings.maxBodyBytes(),
                        headers -> headers.set(HttpHeaderNames.ACCEPT, "text/plain;version=0.0.4"))
                .map(body -> VllmMetrics.parse(body)
                        .orElseThrow(() -> new ScrapeException("no vllm: metrics in %d bytes".formatted(body.length))));
    }

    Mono<List<ModelCard>> models(Pool pool, URI endpoint) {
        return get(pool, endpoint, "/v1/models", MAX_JSON_BYTES, headers -> {
                    if (pool.apiKey() != null) {
                        headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + pool.apiKey());
                    }
                })
                .map(EngineJson::models);
    }

    /** Empty where the response names no version. */
    Mono<String> version(Pool pool, URI endpoint) {
        return get(pool, endpoint, "/version", MAX_JSON_BYTES, headers -> {}).mapNotNull(EngineJson::version);
    }

    /** Closes all connections, also those in use. Does not wait. */
    void close() {
        connections.dispose();
    }

    private Mono<byte[]> get(Pool pool, URI endpoint, String path, int maxBytes, Consumer<HttpHeaders> headers) {
        return Mono.defer(() -> pool.secure(http)
                        .headers(headers)
                        .get()
                        .uri(endpoint.resolve(path))
                        .response((response, content) -> response.status().code() == 200
                                ? join(content, maxBytes)
                                : Mono.error(new ScrapeException(
                                        "HTTP " + response.status().code())))
                        .single())
                .timeout(settings.timeout(), loop);
    }

    private static Mono<byte[]> join(ByteBufFlux content, int maxBytes) {
        return content.asByteArray()
                .collect(ByteArrayOutputStream::new, (body, part) -> {
                    if (part.length > maxBytes - body.size()) {
                        throw new ScrapeException("more than %d bytes".formatted(maxBytes));
                    }
                    body.writeBytes(part);
                })
                .map(ByteArrayOutputStream::toByteArray);
    }
}
