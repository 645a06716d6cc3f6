package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineListener;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import dev.warmlane.tools.simulator.engine.FinishReason;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers one embedding request when the engine has read its input. */
final class Embedding implements EngineListener {
    private static final int DIMENSIONS = 8;

    private final HttpExchange exchange;
    private final ResponseHead head;
    private final long fingerprint;
    private final RequestMetrics metrics;

    Embedding(HttpExchange exchange, ResponseHead head, long fingerprint, RequestMetrics metrics) {
        this.exchange = exchange;
        this.head = head;
        this.fingerprint = fingerprint;
        this.metrics = metrics;
    }

    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {
        if (reason == FinishReason.ABORT) {
            return;
        }
        metrics.complete(sequence, nowNanos);
        ObjectNode item = Json.object().put("index", 0).put("object", "embedding");
        ArrayNode vector = item.putArray("embedding");
        for (int i = 0; i < DIMENSIONS; i++) {
            vector.add((fingerprint >>> (i * 8) & 0xFF) / 255.0);
        }
        int tokens = sequence.request().promptTokens();
        ObjectNode body = Json.object()
                .put("id", "embd-" + head.requestId())
                .put("object", "list")
                .put("created", head.createdSeconds())
                .put("model", head.model());
        body.set("data", Json.array(item));
        body.set(
                "usage",
                Json.object()
                        .put("prompt_tokens", tokens)
                        .put("total_tokens", tokens)
                        .put("completion_tokens", 0)
                        .putNull("prompt_tokens_details"));
        exchange.reply(200, HttpExchange.JSON, body.toString());
    }
}
