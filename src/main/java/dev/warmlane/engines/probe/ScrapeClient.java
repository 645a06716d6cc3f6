package dev.warmlane.engines.probe;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.UnusableResponse;
import dev.warmlane.engines.pool.Pool;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;

/** Asks vLLM servers about themselves: metrics each time, models and version now and then. Every response is bounded. */
final class ScrapeClient {
    private static final int MAX_JSON_BYTES = 1 << 20;

    private final ProbeClient client;
    private final Duration modelsInterval;
    private final int maxMetricsBytes;

    ScrapeClient(ProbeClient client, Duration modelsInterval, int maxMetricsBytes) {
        this.client = client;
        this.modelsInterval = modelsInterval;
        this.maxMetricsBytes = maxMetricsBytes;
    }

    /**
     * Asks for everything that is due, one request after the other. Completes when all have been answered or given up, never
     * with an error.
     *
     * @param knowledge learns the responses and failures
     * @param modelsWantedNanos when somebody last wanted to know the models, due or not
     * @param learned called whenever it has
     * @param unreachable called if connecting to it fails
     */
    Mono<Void> scrape(
            Pool pool,
            URI endpoint,
            EndpointKnowledge knowledge,
            long modelsWantedNanos,
            Runnable learned,
            Runnable unreachable) {
        Mono<Void> metrics = metrics(pool, endpoint)
                .doOnNext(knowledge::learn)
                .then()
                .onErrorResume(failure -> Mono.fromRunnable(() -> {
                    knowledge.metricsFailed(reason(failure));
                    if (EngineFailure.of(failure).cause() == FailureCause.CONNECT) {
                        unreachable.run();
                    }
                }))
                .doOnSuccess(done -> learned.run());
        if (!knowledge.takeModelsTurn(modelsInterval, modelsWantedNanos)) {
            return metrics;
        }
        Mono<Void> models = models(pool, endpoint)
                .doOnNext(knowledge::learnModels)
                .then()
                .onErrorResume(failure -> Mono.fromRunnable(() -> knowledge.modelsFailed(modelsReason(pool, failure))));
        Mono<Void> version =
                version(pool, endpoint).doOnNext(knowledge::learnVersion).then().onErrorComplete();
        return metrics.then(models).then(version).doOnSuccess(done -> learned.run());
    }

    private Mono<VllmMetrics> metrics(Pool pool, URI endpoint) {
        return get(
                        pool,
                        endpoint,
                        "/metrics",
                        maxMetricsBytes,
                        headers -> headers.set(HttpHeaderNames.ACCEPT, "text/plain;version=0.0.4"))
                .map(body -> VllmMetrics.parse(body)
                        .orElseThrow(
                                () -> UnusableResponse.content("no vllm: metrics in %d bytes".formatted(body.length))));
    }

    private Mono<List<ModelCard>> models(Pool pool, URI endpoint) {
        return get(pool, endpoint, "/v1/models", MAX_JSON_BYTES, headers -> {
                    if (pool.apiKey() != null) {
                        headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + pool.apiKey());
                    }
                })
                .map(EngineJson::models);
    }

    /** Empty where the response names no version. */
    private Mono<String> version(Pool pool, URI endpoint) {
        return get(pool, endpoint, "/version", MAX_JSON_BYTES, headers -> {}).mapNotNull(EngineJson::version);
    }

    private Mono<byte[]> get(Pool pool, URI endpoint, String path, int maxBytes, Consumer<HttpHeaders> headers) {
        return client.get(pool, endpoint, path, headers, content -> join(content, maxBytes));
    }

    private static Mono<byte[]> join(ByteBufFlux content, int maxBytes) {
        return content.asByteArray()
                .collect(ByteArrayOutputStream::new, (body, chunk) -> {
                    if (chunk.length > maxBytes - body.size()) {
                        throw UnusableResponse.content("more than %d bytes".formatted(maxBytes));
                    }
                    body.writeBytes(chunk);
                })
                .map(ByteArrayOutputStream::toByteArray);
    }

    /** Says what to do where a key is what is wrong. */
    private static String modelsReason(Pool pool, Throwable failure) {
        String reason = reason(failure);
        if (!reason.equals("HTTP 401") && !reason.equals("HTTP 403")) {
            return reason;
        }
        return reason
                + (pool.apiKey() == null
                        ? ": the engine asks for an API key, and the pool has none (api-key), nor a list of models (models)"
                        : ": the engine refuses the pool's api-key");
    }

    private static String reason(Throwable failure) {
        return EngineFailure.of(failure).reason();
    }
}
