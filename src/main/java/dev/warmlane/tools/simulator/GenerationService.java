package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ChatTemplate.Prompt;
import dev.warmlane.tools.simulator.Generation.Embedding;
import dev.warmlane.tools.simulator.ResponseFormat.Head;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import dev.warmlane.tools.simulator.engine.EngineRequest.Transfer;
import dev.warmlane.tools.simulator.engine.EngineStats;
import java.time.Clock;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Takes generation and embedding requests to the engine, past the faults, and counts them. Confined to one event loop. */
final class GenerationService {
    private static final String DATA_PARALLEL_RANK = "X-data-parallel-rank";

    private final ServerOptions options;
    private final LoadedModels models;
    private final EngineRanks engines;
    private final FaultInjector injector;
    private final KvTransfers transfers;
    private final Clock clock;
    private final SplittableRandom random;
    private long requests;
    private int inFlight;
    private int peakInFlight;
    private long cancels;

    GenerationService(
            ServerOptions options,
            LoadedModels models,
            EngineRanks engines,
            FaultInjector injector,
            KvTransfers transfers,
            Clock clock,
            SplittableRandom random) {
        this.options = options;
        this.models = models;
        this.engines = engines;
        this.injector = injector;
        this.transfers = transfers;
        this.clock = clock;
        this.random = random;
    }

    ServerStats stats() {
        return new ServerStats(requests, inFlight, peakInFlight, cancels, engines.stats());
    }

    void generate(GenerationApi api, HttpExchange exchange) {
        admit(exchange, () -> {
            GenerationBody body = GenerationBody.read(api, exchange.json(), models, options);
            EngineRanks.Rank rank = engines.choose(exchange.header(DATA_PARALLEL_RANK));
            Head head = new Head(requestId(exchange), nowSeconds(), body.model(), body.includeUsage(), body.toolName());
            Generation generation = new Generation(
                    exchange,
                    body,
                    api.format(options.version()),
                    head,
                    options,
                    rank.metrics(),
                    transfers(exchange, rank.driver(), body, head),
                    injector.faults().resetAfterChunks());
            if (injector.faults().zeroTokenAbort()) {
                generation.abortWithoutToken();
                return;
            }
            generation.begin();
            int outputTokens = body.maxTokens() != null
                    ? body.maxTokens()
                    : Math.min(
                            options.outputTokens(),
                            options.maxTokens() - body.prompt().tokens());
            Consumer<@Nullable Transfer> submit = transfer -> submit(
                    exchange,
                    rank.driver(),
                    body.model(),
                    body.prompt(),
                    generation.text().words(outputTokens),
                    outputTokens,
                    body.end(),
                    generation,
                    transfer);
            if (KvTransfers.fetches(body.transfer())) {
                fetch(exchange, body.transfer(), submit);
            } else {
                submit.accept(KvTransfers.keeps(body.transfer()) ? Transfer.KEPT : null);
            }
        });
    }

    /** The blocks that cannot be had are computed, as with the policy recompute of vLLM. */
    private void fetch(HttpExchange exchange, JsonNode params, Consumer<@Nullable Transfer> submit) {
        transfers.fetch(params, transfer -> {
            if (exchange.isOpen()) {
                submit.accept(transfer);
            } else {
                transfers.done(params);
            }
        });
    }

    private Generation.Transfers transfers(HttpExchange exchange, EngineDriver driver, GenerationBody body, Head head) {
        JsonNode params = body.transfer();
        if (!KvTransfers.keeps(params) && !KvTransfers.fetches(params)) {
            return Generation.Transfers.NONE;
        }
        return new Generation.Transfers() {
            @Override
            public void fetched() {
                transfers.done(params);
            }

            @Override
            public @Nullable Json kept(EngineSequence sequence) {
                return KvTransfers.keeps(params)
                        ? transfers.keep(driver, sequence, head.requestId(), exchange.address())
                        : null;
            }

            @Override
            public void gone(EngineSequence sequence) {
                if (KvTransfers.keeps(params)) {
                    driver.release(sequence);
                } else {
                    transfers.done(params);
                }
            }
        };
    }

    /** Prompts that are kept for others to fetch. */
    int keptPrompts() {
        return transfers.kept();
    }

    void blocks(HttpExchange exchange) {
        transfers.answer(exchange);
    }

    void embed(HttpExchange exchange) {
        admit(exchange, () -> {
            JsonNode body = exchange.json();
            String model = models.named(body);
            if (!body.hasNonNull("input")) {
                throw ApiException.missingField("input");
            }
            Prompt prompt = new Prompt(ChatTemplate.plain(body.path("input")), model);
            if (prompt.tokens() > options.maxTokens()) {
                throw ApiException.tooLong(options.maxTokens(), prompt.tokens(), 0);
            }
            EngineRanks.Rank rank = engines.choose(exchange.header(DATA_PARALLEL_RANK));
            Head head = new Head(requestId(exchange), nowSeconds(), model, false, null);
            Embedding embedding = new Embedding(exchange, head, prompt.fingerprint(), rank.metrics());
            submit(exchange, rank.driver(), model, prompt, "", 0, FinishReason.STOP, embedding, null);
        });
    }

    void realtime(HttpExchange exchange) {
        admit(
                exchange,
                () -> exchange.upgrade(
                        RealtimeSession.MAX_FRAME_BYTES, new RealtimeSession(exchange, models, random.split())));
    }

    private void admit(HttpExchange exchange, Runnable start) {
        requests++;
        inFlight++;
        peakInFlight = Math.max(peakInFlight, inFlight);
        exchange.onEnd(() -> {
            inFlight--;
            cancels += exchange.isComplete() ? 0 : 1;
        });
        injector.pass(exchange, options.version(), () -> {
            try {
                start.run();
            } catch (ApiException e) {
                exchange.reply(e, options.version());
            }
        });
    }

    private void submit(
            HttpExchange exchange,
            EngineDriver driver,
            String model,
            Prompt prompt,
            String response,
            int outputTokens,
            FinishReason end,
            EngineRequest.Listener listener,
            @Nullable Transfer transfer) {
        long[] hashes = prompt.blockHashes(response, options.cache().blockSizeTokens());
        EngineSequence sequence = driver.submit(new EngineRequest(
                prompt.tokens(), outputTokens, hashes, end, listener, models.adapter(model), transfer));
        exchange.onEnd(() -> {
            if (!exchange.isComplete()) {
                driver.cancel(sequence);
            }
        });
    }

    private String requestId(HttpExchange exchange) {
        String sent = exchange.header(HttpExchange.REQUEST_ID);
        return sent != null ? sent : "%016x%016x".formatted(random.nextLong(), random.nextLong());
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }

    /**
     * What a server has seen since it started. Immutable.
     *
     * @param requests generation and embedding requests received, refused ones too
     * @param inFlight those without a complete response whose clients are still there
     * @param peakInFlight the most that were in flight at a time
     * @param cancels those whose connection ended before the response was complete
     * @param engine the engine's own counters
     */
    public record ServerStats(long requests, int inFlight, int peakInFlight, long cancels, EngineStats engine) {}
}
