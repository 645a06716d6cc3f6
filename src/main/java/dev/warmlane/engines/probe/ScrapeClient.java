package dev.warmlane.engines.probe;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetricsReader;
import dev.warmlane.engines.client.EngineClient;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.probe.ProbeClient.ResponseReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Asks vLLM servers about themselves: metrics each time, models and version now and then. Every response is bounded. For the
 * client's thread.
 */
final class ScrapeClient {
    private static final int MAX_JSON_BYTES = 1 << 20;

    private final ProbeClient client;
    private final Duration modelsInterval;
    private final int maxMetricsBytes;
    private final byte[] scratch = new byte[EngineClient.READ_BYTES];

    ScrapeClient(ProbeClient client, Duration modelsInterval, int maxMetricsBytes) {
        this.client = client;
        this.modelsInterval = modelsInterval;
        this.maxMetricsBytes = maxMetricsBytes;
    }

    /**
     * Asks for everything that is due, one request after the other, until all have been answered or given up.
     *
     * @param knowledge learns the responses and failures
     * @param modelsWantedNanos when somebody last wanted to know the models, due or not
     * @param heard is told of it
     * @return gives it up
     */
    Disposable scrape(Pool pool, URI endpoint, EndpointKnowledge knowledge, long modelsWantedNanos, Heard heard) {
        Scrape scrape = new Scrape(pool, endpoint, knowledge, heard);
        scrape.modelsDue = knowledge.takeModelsTurn(modelsInterval, modelsWantedNanos);
        scrape.versionDue = scrape.modelsDue && knowledge.takeVersionTurn();
        scrape.askForMetrics();
        return scrape;
    }

    /** What comes of one scrape of an endpoint. */
    interface Heard {
        /** There is something new to know. */
        void learned();

        /** Connecting to it has failed. */
        void unreachable();

        /** That was all; once. */
        void ended();
    }

    /** One scrape of an endpoint. */
    private final class Scrape implements Disposable {
        private final Pool pool;
        private final URI endpoint;
        private final EndpointKnowledge knowledge;
        private final Heard heard;
        private boolean modelsDue;
        private boolean versionDue;
        private Disposable request = Disposables.disposed();

        Scrape(Pool pool, URI endpoint, EndpointKnowledge knowledge, Heard heard) {
            this.pool = pool;
            this.endpoint = endpoint;
            this.knowledge = knowledge;
            this.heard = heard;
        }

        void askForMetrics() {
            ask("/metrics", headers -> headers.set(HttpHeaderNames.ACCEPT, "text/plain;version=0.0.4"), new Metrics());
        }

        private void ask(String path, Consumer<HttpHeaders> headers, ResponseReader reader) {
            request = client.get(pool, endpoint, path, headers, reader);
        }

        @Override
        public void dispose() {
            request.dispose();
        }

        private void afterMetrics() {
            heard.learned();
            if (modelsDue) {
                ask("/v1/models", this::addKey, new Models());
            } else {
                heard.ended();
            }
        }

        private void addKey(HttpHeaders headers) {
            if (pool.apiKey() != null) {
                headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + pool.apiKey());
            }
        }

        private void afterModels() {
            if (versionDue) {
                ask("/version", headers -> {}, new Version());
            } else {
                end();
            }
        }

        private void end() {
            heard.learned();
            heard.ended();
        }

        /** Reads metrics as they come; no page is kept, since a page of vLLM's has some forty kilobytes. */
        private final class Metrics implements ResponseReader {
            private final VllmMetricsReader reader = new VllmMetricsReader();
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
            public void end() {
                knowledge.learn(reader.end()
                        .orElseThrow(() -> UnusableResponse.content("no vllm: metrics in %d bytes".formatted(bytes))));
                afterMetrics();
            }

            @Override
            public void failed(Throwable why) {
                EngineFailure failure = EngineFailure.of(why);
                knowledge.metricsFailed(failure.reason());
                if (failure.cause() == FailureCause.CONNECT) {
                    heard.unreachable();
                }
                afterMetrics();
            }
        }

        private final class Models extends JsonReader {
            @Override
            public void end() {
                knowledge.learnModels(EngineJson.models(body()));
                afterModels();
            }

            @Override
            public void failed(Throwable why) {
                knowledge.modelsFailed(modelsReason(pool, why));
                afterModels();
            }
        }

        /** A response that names no version says nothing. */
        private final class Version extends JsonReader {
            @Override
            public void end() {
                String version = EngineJson.version(body());
                if (version != null) {
                    knowledge.learnVersion(version);
                }
                Scrape.this.end();
            }

            @Override
            public void failed(Throwable why) {
                Scrape.this.end();
            }
        }
    }

    private abstract static class JsonReader implements ResponseReader {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        @Override
        public void read(ByteBuf part) {
            if (part.readableBytes() > MAX_JSON_BYTES - body.size()) {
                throw tooLarge(MAX_JSON_BYTES);
            }
            body.writeBytes(ByteBufUtil.getBytes(part));
        }

        byte[] body() {
            return body.toByteArray();
        }
    }

    private static UnusableResponse tooLarge(int maxBytes) {
        return UnusableResponse.content("more than %d bytes".formatted(maxBytes));
    }

    /** Says what to do where a key is what is wrong. */
    private static String modelsReason(Pool pool, Throwable failure) {
        String reason = EngineFailure.of(failure).reason();
        if (!reason.equals("HTTP 401") && !reason.equals("HTTP 403")) {
            return reason;
        }
        return reason
                + (pool.apiKey() == null
                        ? ": the engine asks for an API key, and the pool has none (api-key), nor a list of models (models)"
                        : ": the engine refuses the pool's api-key");
    }

    /** Reads the JSON that vLLM says of itself: its models and its version. */
    static final class EngineJson {
        private EngineJson() {}

        /**
         * The cards of a response to {@code GET /v1/models}, in its order.
         *
         * @throws UnusableResponse if the body is not a list of models
         */
        static List<ModelCard> models(byte[] body) {
            try {
                return ModelCard.list(body);
            } catch (MalformedJsonException e) {
                throw UnusableResponse.content("no model list in %d bytes".formatted(body.length));
            }
        }

        /**
         * The version in a response to {@code GET /version}; null where there is none.
         *
         * @throws UnusableResponse if the body is no JSON object
         */
        static @Nullable String version(byte[] body) {
            try {
                return EngineVersion.in(body);
            } catch (MalformedJsonException e) {
                throw UnusableResponse.content("no JSON object in %d bytes".formatted(body.length));
            }
        }
    }
}
