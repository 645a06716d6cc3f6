package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineListener;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import dev.warmlane.tools.simulator.engine.FinishReason;
import org.jspecify.annotations.Nullable;

/** Writes one response while the engine computes it, token by token or whole. */
final class Generation implements EngineListener {
    private final HttpExchange exchange;
    private final ResponseFormat format;
    private final ResponseHead head;
    private final GeneratedText text;
    private final FinishReason end;
    private final boolean stream;
    private final ServerOptions options;
    private final RequestMetrics metrics;
    private int chunksUntilReset;
    private long previousTokenNanos;

    /** @param resetAfterChunks how many chunks a stream sends before its connection is reset; -1 for all */
    Generation(
            HttpExchange exchange,
            ResponseFormat format,
            ResponseHead head,
            GeneratedText text,
            FinishReason end,
            boolean stream,
            ServerOptions options,
            RequestMetrics metrics,
            int resetAfterChunks) {
        this.exchange = exchange;
        this.format = format;
        this.head = head;
        this.text = text;
        this.end = end;
        this.stream = stream;
        this.options = options;
        this.metrics = metrics;
        this.chunksUntilReset = resetAfterChunks;
    }

    /** Sends what comes before the first token: the headers of a stream, as vLLM does once it has accepted a request. */
    void begin() {
        if (stream) {
            exchange.beginStream();
            if (chunksUntilReset == 0) {
                exchange.reset();
            }
        }
    }

    /** Answers at once what a vLLM answers that is about to stop: nothing, and that it was aborted. */
    void abortWithoutToken(int promptTokens) {
        Usage usage = new Usage(promptTokens, 0, null);
        String reason = FinishReason.ABORT.label();
        if (!stream) {
            exchange.reply(200, HttpExchange.JSON, format.whole(head, "", reason, usage));
            return;
        }
        exchange.beginStream();
        exchange.chunk(format.begin(head, promptTokens) + format.token(head, "", reason));
        exchange.chunk(format.end(head, "", reason, usage));
        exchange.endStream();
    }

    @Override
    public void token(EngineSequence sequence, long nowNanos) {
        metrics.token(sequence, nowNanos, previousTokenNanos);
        previousTokenNanos = nowNanos;
        if (!stream) {
            return;
        }
        int index = sequence.generatedTokens() - 1;
        String first = index == 0 ? format.begin(head, sequence.request().promptTokens()) : "";
        boolean last = sequence.generatedTokens() == sequence.request().outputTokens();
        chunk(first + format.token(head, text.word(index), last ? end.label() : null));
    }

    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {
        if (reason == FinishReason.ABORT) {
            return;
        }
        metrics.complete(sequence, nowNanos);
        String answer = text.words(sequence.generatedTokens());
        Usage usage = new Usage(sequence.request().promptTokens(), sequence.generatedTokens(), cachedTokens(sequence));
        if (stream) {
            chunk(format.end(head, answer, reason.label(), usage));
            exchange.endStream();
        } else {
            exchange.reply(200, HttpExchange.JSON, format.whole(head, answer, reason.label(), usage));
        }
    }

    private @Nullable Integer cachedTokens(EngineSequence sequence) {
        // Old releases leave the details out when nothing was cached.
        boolean tells =
                options.promptTokensDetails() && !(options.version().isLegacy() && sequence.cachedTokens() == 0);
        return tells ? sequence.cachedTokens() : null;
    }

    private void chunk(String events) {
        exchange.chunk(events);
        if (chunksUntilReset > 0 && --chunksUntilReset == 0) {
            exchange.reset();
        }
    }
}
