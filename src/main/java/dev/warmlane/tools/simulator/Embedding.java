package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ResponseFormat.Head;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Responds to one embedding request when the engine has read its input.
 *
 * @param fingerprint of the input; its eight bytes are the vector
 */
record Embedding(HttpExchange exchange, Head head, long fingerprint, RequestMetrics metrics)
        implements EngineRequest.Listener {
    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {
        if (reason == FinishReason.ABORT) {
            return;
        }
        metrics.complete(sequence, nowNanos);
        double[] vector = IntStream.range(0, Long.BYTES)
                .mapToDouble(i -> (fingerprint >>> (i * 8) & 0xFF) / 255.0)
                .toArray();
        int tokens = sequence.request().promptTokens();
        Json usage = Json.of("prompt_tokens", tokens, "total_tokens", tokens, "completion_tokens", 0)
                .nulls("prompt_tokens_details");
        Json body = Json.of("id", "embd-" + head.requestId(), "object", "list", "created", head.createdSeconds())
                .and("model", head.model())
                .and("data", List.of(Json.of("index", 0, "object", "embedding", "embedding", vector)))
                .and("usage", usage);
        exchange.reply(200, body.toString());
    }
}
