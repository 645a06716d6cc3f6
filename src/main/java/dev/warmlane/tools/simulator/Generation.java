package dev.warmlane.tools.simulator;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ChatTemplate.Prompt;
import dev.warmlane.tools.simulator.ResponseFormat.Head;
import dev.warmlane.tools.simulator.ResponseFormat.Usage;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Writes one response while the engine computes it, token by token or whole. */
final class Generation implements EngineRequest.Listener {
    private final HttpExchange exchange;
    private final GenerationBody body;
    private final ResponseFormat format;
    private final Head head;
    private final Text text;
    private final ServerOptions options;
    private final MetricsPage.RequestHistograms metrics;
    private final Transfers transfers;
    private boolean fetched;
    private int chunksUntilReset;
    private long previousTokenNanos;

    /** @param resetAfterChunks how many chunks a stream sends before its connection is reset; -1 for all */
    Generation(
            HttpExchange exchange,
            GenerationBody body,
            ResponseFormat format,
            Head head,
            ServerOptions options,
            MetricsPage.RequestHistograms metrics,
            Transfers transfers,
            int resetAfterChunks) {
        this.exchange = exchange;
        this.body = body;
        this.format = format;
        this.head = head;
        this.text = new Text(body.prompt().fingerprint());
        this.options = options;
        this.metrics = metrics;
        this.transfers = transfers;
        this.chunksUntilReset = resetAfterChunks;
    }

    Text text() {
        return text;
    }

    /** Sends what comes before the first token: the headers of a stream, as vLLM does once it has accepted a request. */
    void begin() {
        if (body.stream()) {
            exchange.beginStream();
            if (chunksUntilReset == 0) {
                exchange.reset();
            }
        }
    }

    /** Responds at once as a vLLM that is shutting down does: aborted, without a token. */
    void abortWithoutToken() {
        int promptTokens = body.prompt().tokens();
        Usage usage = new Usage(promptTokens, 0, null);
        String reason = FinishReason.ABORT.label();
        if (!body.stream()) {
            exchange.reply(200, format.whole(head, "", reason, usage));
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
        if (!body.stream()) {
            return;
        }
        int index = sequence.generatedTokens() - 1;
        String first = index == 0 ? format.begin(head, sequence.request().promptTokens()) : "";
        boolean last = sequence.generatedTokens() == sequence.request().outputTokens();
        chunk(first + format.token(head, text.word(index), last ? body.end().label() : null));
    }

    @Override
    public void fetched(EngineSequence sequence, long nowNanos) {
        fetched = true;
        transfers.fetched();
    }

    @Override
    public void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {
        if (!exchange.isOpen()) {
            transfers.gone(sequence);
            return;
        }
        if (reason != FinishReason.ABORT) {
            metrics.complete(sequence, nowNanos);
        }
        String all = text.words(sequence.generatedTokens());
        Usage usage = new Usage(sequence.request().promptTokens(), sequence.generatedTokens(), cachedTokens(sequence));
        if (body.stream()) {
            chunk(format.end(head, all, reason.label(), usage));
            exchange.endStream();
        } else {
            String whole = format.whole(head, all, reason.label(), usage);
            Json params = reason == FinishReason.ABORT ? null : transfers.kept(sequence);
            exchange.reply(200, params == null ? whole : withTransfer(whole, params));
        }
    }

    /** Where an API leaves the field out, it comes last. */
    private static String withTransfer(String whole, Json params) {
        String field = "\"kv_transfer_params\":";
        return whole.contains(field + "null")
                ? whole.replace(field + "null", field + params)
                : whole.substring(0, whole.lastIndexOf('}')) + "," + field + params + "}";
    }

    /** What becomes of the KV blocks of a prompt that another engine computes, or computed. */
    interface Transfers {
        /** There are none. */
        Transfers NONE = new Transfers() {};

        /** The blocks have come. */
        default void fetched() {}

        /** Where the prompt's blocks are kept; null if they are not. */
        default @Nullable Json kept(EngineSequence sequence) {
            return null;
        }

        /** The client has left. */
        default void gone(EngineSequence sequence) {}
    }

    private @Nullable Integer cachedTokens(EngineSequence sequence) {
        if (fetched && options.usageDetails()) {
            // vLLM counts what it fetches as cached; the last token it computes.
            return sequence.request().promptTokens() - 1;
        }
        // Old releases leave the details out when nothing was cached.
        boolean tells = options.usageDetails() && !(options.version().isLegacy() && sequence.cachedTokens() == 0);
        return tells ? sequence.cachedTokens() : null;
    }

    private void chunk(String events) {
        exchange.chunk(events);
        if (chunksUntilReset > 0 && --chunksUntilReset == 0) {
            exchange.reset();
        }
    }

    /** Text that a simulated model writes: words of four bytes, one a token, the same for the same prompt. */
    record Text(long seed) {
        private static final String WORDS =
                "the sun has set and all our new old red sky can see far out you may ask why one two six ten big hot dry"
                        + " wet sea air day now how who yet too but not for her him its let own put ran run saw say she try use was way win yes";

        /** The word of a token; four ASCII characters, the last a space. */
        String word(int index) {
            int words = (WORDS.length() + 1) / Prompt.TOKEN_BYTES;
            long hash = Hashing.xxh3_64().hashLongLongToLong(seed, index);
            int start = (int) Long.remainderUnsigned(hash, words) * Prompt.TOKEN_BYTES;
            return WORDS.substring(start, start + 3) + " ";
        }

        /** The first words. */
        String words(int count) {
            StringBuilder text = new StringBuilder(count * Prompt.TOKEN_BYTES);
            for (int i = 0; i < count; i++) {
                text.append(word(i));
            }
            return text.toString();
        }
    }

    /**
     * Responds to one embedding request when the engine has read its input.
     *
     * @param fingerprint of the input; its eight bytes are the vector
     */
    record Embedding(HttpExchange exchange, Head head, long fingerprint, MetricsPage.RequestHistograms metrics)
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
}
