package dev.warmlane.engines.probe;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.probe.EndpointReport.ModelCard;
import dev.warmlane.engines.probe.ProbeClient.BodyReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks vLLM servers about themselves: metrics each time, models and version now and then. Every response is bounded. For the
 * client's thread.
 */
final class ScrapeClient {
    private static final int MAX_JSON_BYTES = 1 << 20;

    private final ProbeClient client;
    private final Duration modelsInterval;
    private final int maxMetricsBytes;
    private final byte[] scratch = new byte[16 << 10];

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
        Mono<Void> all = metrics.then(models);
        if (knowledge.takeVersionTurn()) {
            all = all.then(version(pool, endpoint)
                    .doOnNext(knowledge::learnVersion)
                    .then()
                    .onErrorComplete());
        }
        return all.doOnSuccess(done -> learned.run());
    }

    private Mono<VllmMetrics> metrics(Pool pool, URI endpoint) {
        return client.get(
                pool,
                endpoint,
                "/metrics",
                headers -> headers.set(HttpHeaderNames.ACCEPT, "text/plain;version=0.0.4"),
                new MetricsReader());
    }

    /** Reads metrics as they come; no page is kept, since a page of vLLM's has some forty kilobytes. */
    private final class MetricsReader implements BodyReader<VllmMetrics> {
        private final VllmMetrics.Reader reader = new VllmMetrics.Reader();
        private int bytes;

        @Override
        public void read(ByteBuf part) {
            if (part.readableBytes() > maxMetricsBytes - bytes) {
                throw tooLarge(maxMetricsBytes);
            }
            bytes += part.readableBytes();
            while (part.isReadable()) {
                int length = Math.min(scratch.length, part.readableBytes());
                part.readBytes(scratch, 0, length);
                reader.read(scratch, 0, length);
            }
        }

        @Override
        public VllmMetrics end() {
            return reader.end()
                    .orElseThrow(() -> UnusableResponse.content("no vllm: metrics in %d bytes".formatted(bytes)));
        }
    }

    private Mono<List<ModelCard>> models(Pool pool, URI endpoint) {
        Consumer<HttpHeaders> key = headers -> {
            if (pool.apiKey() != null) {
                headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + pool.apiKey());
            }
        };
        return client.get(pool, endpoint, "/v1/models", key, new JsonReader()).map(EngineJson::models);
    }

    /** Empty where the response names no version. */
    private Mono<String> version(Pool pool, URI endpoint) {
        return client.get(pool, endpoint, "/version", headers -> {}, new JsonReader())
                .mapNotNull(EngineJson::version);
    }

    private static final class JsonReader implements BodyReader<byte[]> {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        @Override
        public void read(ByteBuf part) {
            if (part.readableBytes() > MAX_JSON_BYTES - body.size()) {
                throw tooLarge(MAX_JSON_BYTES);
            }
            body.writeBytes(ByteBufUtil.getBytes(part));
        }

        @Override
        public byte[] end() {
            return body.toByteArray();
        }
    }

    private static UnusableResponse tooLarge(int maxBytes) {
        return UnusableResponse.content("more than %d bytes".formatted(maxBytes));
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

    /** Reads the JSON that vLLM says of itself: its models and its version. */
    static final class EngineJson {
        private static final JsonMapper JSON = JsonMapper.shared();
        private static final int MAX_VERSION_LENGTH = 100;

        private EngineJson() {}

        /**
         * The cards of a response to {@code GET /v1/models}, in its order.
         *
         * @throws UnusableResponse if the body is not a list of models
         */
        static List<ModelCard> models(byte[] body) {
            JsonNode data = read(body).path("data");
            if (!data.isArray()) {
                throw UnusableResponse.content("no model list in %d bytes".formatted(body.length));
            }
            List<ModelCard> cards = new ArrayList<>(data.size());
            for (JsonNode card : data) {
                JsonNode id = card.path("id");
                if (id.isString() && !id.stringValue().isBlank()) {
                    cards.add(
                            new ModelCard(id.stringValue(), card.path("parent").isString(), card.toString()));
                }
            }
            return cards;
        }

        /** The version in a response to {@code GET /version}; null where there is none. */
        static @Nullable String version(byte[] body) {
            JsonNode version = read(body).path("version");
            return version.isString() && version.stringValue().length() <= MAX_VERSION_LENGTH
                    ? version.stringValue()
                    : null;
        }

        private static JsonNode read(byte[] body) {
            try {
                return JSON.readTree(body);
            } catch (JacksonException e) {
                throw UnusableResponse.content("no JSON in %d bytes".formatted(body.length));
            }
        }
    }
}
