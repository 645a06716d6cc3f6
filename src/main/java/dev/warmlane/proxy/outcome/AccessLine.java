package dev.warmlane.proxy.outcome;

import ch.qos.logback.core.encoder.EncoderBase;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import dev.warmlane.proxy.outcome.AccessRecord.Received;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes a record as one line of JSON. The names are a contract: {@code replay} and operators read them. */
final class AccessLine extends EncoderBase<AccessRecord> {
    private static final byte[] NOTHING = {};

    /** Clients choose ids and model names; a line has no more of each than this. */
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
            Received received = request.received();
            if (received != null) {
                text(line, "client", received.client());
                text(line, "route", received.route());
                text(line, "pool", received.pool());
                text(line, "model", received.model());
                text(line, "served_model", received.servedModel());
            }
            text(line, "result", request.end().result());
            number(line, "status", request.end().status());
            text(line, "error", request.end().error());
            if (received != null) {
                text(line, "trace_id", received.traceId());
                session(line, received.key());
                routing(line, received.routing());
                response(line, received.response());
                millis(line, "duration_ms", received.durationNanos());
                prompt(line, received.prompt());
            }
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
