package dev.warmlane.proxy.outcome;

import ch.qos.logback.core.encoder.EncoderBase;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One request that is over, and its line in the access log. What is null is not known, and left out of the line.
 *
 * @param epochMillis when it came, in milliseconds since 1970
 * @param requestId the id that the client and the engine know it by
 * @param client the name of its key or group; null where nobody is asked who they are
 * @param route the route that it matched
 * @param pool the pool that it was for
 * @param model the model as the client named it
 * @param servedModel the model that served it, where that has another name
 * @param result the class of the status, such as 2xx, or cancelled or failed
 * @param status the status that the client got; null where it left before
 * @param error the code of the error that the gateway answered with; null where it answered with none
 * @param traceId the trace that it is part of; null where spans are sent nowhere
 * @param prompt null where the request has no prompt that could be kept warm
 * @param key what tied it to an endpoint; the line tells sessions and addresses apart, and no more
 * @param routing where it went; null if it was refused before
 * @param response what came back
 * @param durationNanos from its headers to the end of its response
 */
public record AccessRecord(
        long epochMillis,
        String requestId,
        @Nullable String client,
        @Nullable String route,
        @Nullable String pool,
        @Nullable String model,
        @Nullable String servedModel,
        String result,
        @Nullable Integer status,
        @Nullable String error,
        @Nullable String traceId,
        @Nullable LoggedPrompt prompt,
        @Nullable AffinityKey key,
        @Nullable Routing routing,
        Response response,
        long durationNanos) {

    /**
     * Where a request went in the end.
     *
     * @param endpoint the endpoint's name
     * @param keySource the key that decided
     * @param outcome what that did to the affinity
     * @param failed endpoints that did not take it, in order
     * @param retries how often it went to another endpoint
     * @param predictedTokens prompt tokens that the endpoint was predicted to hold
     * @param overheadNanos the gateway's own time, from the body to the dispatch
     */
    public record Routing(
            String endpoint,
            String keySource,
            String outcome,
            List<Failed> failed,
            int retries,
            long predictedTokens,
            long overheadNanos) {}

    /**
     * An attempt that failed.
     *
     * @param endpoint the endpoint's name
     * @param cause as the label of {@code warmlane_retries_total}
     */
    public record Failed(String endpoint, String cause) {}

    /**
     * What came back for a request.
     *
     * @param promptTokens as reported, else as estimated
     * @param outputTokens as reported, else the chunks of the stream
     * @param cachedTokens prompt tokens that came from the endpoint's cache, as reported
     * @param firstByteNanos from the body to the first byte of the response
     */
    public record Response(
            @Nullable Long promptTokens,
            @Nullable Long outputTokens,
            @Nullable Long cachedTokens,
            @Nullable Long firstByteNanos) {

        /** Nothing is known. */
        public static final Response NONE = new Response(null, null, null, null);
    }

    /**
     * What the log keeps of a prompt: its length, and where it parts from others, in steps of {@value #BLOCK_BYTES} bytes, about
     * the 512 tokens of the public traces' blocks. Immutable.
     */
    public static final class LoggedPrompt {
        /** Bytes of canonical prompt for each hash of a line. */
        public static final int BLOCK_BYTES = 2048;

        /** Hashes in a line at most: 1 MB of prompt. */
        public static final int MAX_HASHES = 512;

        private final long bytes;
        private final long[] hashes;

        private LoggedPrompt(long bytes, long[] hashes) {
            this.bytes = bytes;
            this.hashes = hashes;
        }

        /** @param prompt in blocks of a size that divides {@link #BLOCK_BYTES} */
        public static LoggedPrompt of(PromptBlocks prompt) {
            int step = BLOCK_BYTES / prompt.blockSizeBytes();
            long[] hashes = new long[Math.min(MAX_HASHES, prompt.length() / step)];
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = prompt.hash((i + 1) * step - 1);
            }
            return new LoggedPrompt(prompt.bytes(), hashes);
        }

        /** Length of the canonical prompt. */
        long bytes() {
            return bytes;
        }

        /** Passes the chained hashes on, first block first. */
        void forEachHash(LongConsumer action) {
            for (long hash : hashes) {
                action.accept(hash);
            }
        }
    }

    /** Writes a record as one line of JSON. The names are a contract: {@code replay} and operators read them. */
    static final class AccessLine extends EncoderBase<AccessRecord> {
        private static final byte[] NOTHING = {};

        /** Clients choose ids and model names; a line bears no more of them than this. */
        private static final int MAX_TEXT_CHARS = 128;

        private static final double NANOS_PER_MICRO = 1e3;
        private static final DateTimeFormatter TIMESTAMP =
                DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

        private final JsonFactory json = new JsonFactory();
        private final Pseudonyms pseudonyms;
        private final @Nullable String replica;

        /** @param replica the name of this one; null where it has none */
        AccessLine(Pseudonyms pseudonyms, @Nullable String replica) {
            this.pseudonyms = pseudonyms;
            this.replica = replica;
        }

        @Override
        public byte[] encode(AccessRecord request) {
            ByteArrayOutputStream buffer = new ByteArrayOutputStream();
            try (JsonGenerator line = json.createGenerator(ObjectWriteContext.empty(), buffer)) {
                line.writeStartObject();
                line.writeStringProperty("timestamp", TIMESTAMP.format(Instant.ofEpochMilli(request.epochMillis())));
                text(line, "request_id", request.requestId());
                text(line, "replica", replica);
                text(line, "client", request.client());
                text(line, "route", request.route());
                text(line, "pool", request.pool());
                text(line, "model", request.model());
                text(line, "served_model", request.servedModel());
                text(line, "result", request.result());
                number(line, "status", request.status());
                text(line, "error", request.error());
                text(line, "trace_id", request.traceId());
                session(line, request.key());
                routing(line, request.routing());
                response(line, request.response());
                millis(line, "duration_ms", request.durationNanos());
                prompt(line, request.prompt());
                line.writeEndObject();
                line.writeRaw('\n');
            }
            return buffer.toByteArray();
        }

        @Override
        public byte[] headerBytes() {
            return NOTHING;
        }

        @Override
        public byte[] footerBytes() {
            return NOTHING;
        }

        private void session(JsonGenerator line, @Nullable AffinityKey key) {
            if (key != null && key.source().binds()) {
                line.writeNumberProperty("session", pseudonyms.of(key.hash()));
            }
        }

        private static void routing(JsonGenerator line, AccessRecord.@Nullable Routing routing) {
            if (routing != null) {
                text(line, "endpoint", routing.endpoint());
                text(line, "key", routing.keySource());
                text(line, "outcome", routing.outcome());
                line.writeNumberProperty("retries", routing.retries());
                failed(line, routing.failed());
                line.writeNumberProperty("predicted_tokens", routing.predictedTokens());
                millis(line, "overhead_ms", routing.overheadNanos());
            }
        }

        private static void failed(JsonGenerator line, List<AccessRecord.Failed> attempts) {
            if (!attempts.isEmpty()) {
                line.writeArrayPropertyStart("failed_attempts");
                for (AccessRecord.Failed attempt : attempts) {
                    line.writeStartObject();
                    text(line, "endpoint", attempt.endpoint());
                    text(line, "cause", attempt.cause());
                    line.writeEndObject();
                }
                line.writeEndArray();
            }
        }

        private static void response(JsonGenerator line, AccessRecord.Response response) {
            number(line, "input_length", response.promptTokens());
            number(line, "output_length", response.outputTokens());
            number(line, "cached_tokens", response.cachedTokens());
            if (response.firstByteNanos() != null) {
                millis(line, "ttft_ms", response.firstByteNanos());
            }
        }

        private void prompt(JsonGenerator line, @Nullable LoggedPrompt prompt) {
            if (prompt != null) {
                line.writeNumberProperty("prompt_bytes", prompt.bytes());
                line.writeArrayPropertyStart("hash_ids");
                prompt.forEachHash(hash -> line.writeNumber(pseudonyms.of(hash)));
                line.writeEndArray();
            }
        }

        private static void text(JsonGenerator line, String name, @Nullable String value) {
            if (value != null) {
                line.writeStringProperty(
                        name, value.length() <= MAX_TEXT_CHARS ? value : value.substring(0, MAX_TEXT_CHARS));
            }
        }

        private static void number(JsonGenerator line, String name, @Nullable Number value) {
            if (value != null) {
                line.writeNumberProperty(name, value.longValue());
            }
        }

        /** Milliseconds with microseconds behind the point. */
        private static void millis(JsonGenerator line, String name, long nanos) {
            line.writeNumberProperty(name, Math.round(nanos / NANOS_PER_MICRO) / NANOS_PER_MICRO);
        }
    }
}
