package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ChatTemplate.Prompt;
import dev.warmlane.tools.simulator.Faults.MetricsFault;
import dev.warmlane.tools.simulator.GenerationService.ServerStats;
import dev.warmlane.tools.simulator.HttpExchange.Route;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The paths of vLLM on one server, from its start to its stop. Confined to the server's event loop. */
final class VllmApi {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final String TEXT = "text/plain; charset=utf-8";

    private final ServerOptions options;
    private final EngineRanks engines;
    private final FaultInjector injector;
    private final Clock clock;
    private final double createdSeconds;
    private final GenerationService generations;
    private final Map<String, Route> routes = new HashMap<>();

    VllmApi(
            ServerOptions options,
            EngineRanks engines,
            FaultInjector injector,
            KvTransfers transfers,
            Clock clock,
            SplittableRandom random) {
        this.options = options;
        this.engines = engines;
        this.injector = injector;
        this.clock = clock;
        this.createdSeconds = nowSeconds();
        LoadedModels models = new LoadedModels(options.models(), engines);
        this.generations = new GenerationService(options, models, engines, injector, transfers, clock, random);
        addRoutes(models, new ModelPages(options, models, clock.instant().getEpochSecond()));
    }

    ServerStats stats() {
        return generations.stats();
    }

    int keptPrompts() {
        return generations.keptPrompts();
    }

    void handle(HttpExchange exchange) {
        // As in vLLM, the key guards nothing outside /v1.
        boolean guarded = options.apiKey() != null && exchange.path().startsWith("/v1");
        if (guarded && !("Bearer " + options.apiKey()).equals(exchange.header("Authorization"))) {
            exchange.reply(401, "{\"error\":\"Unauthorized\"}");
            return;
        }
        Route.dispatch(routes, exchange, options.version());
    }

    private void addRoutes(LoadedModels models, ModelPages pages) {
        for (GenerationApi api : GenerationApi.values()) {
            routes.put(api.path(), Route.post(exchange -> generations.generate(api, exchange)));
        }
        routes.put(KvTransfers.PATH, Route.post(generations::blocks));
        routes.put("/v1/embeddings", Route.post(generations::embed));
        routes.put("/v1/realtime", Route.get(generations::realtime));
        routes.put("/v1/models", Route.page(pages::models));
        routes.put("/v1/load_lora_adapter", Route.post(models::load));
        routes.put("/v1/unload_lora_adapter", Route.post(models::unload));
        routes.put("/tokenize", form(pages::tokenize));
        routes.put("/detokenize", form(pages::detokenize));
        routes.put(
                "/version",
                Route.page(() -> Json.of("version", options.version().toString())));
        routes.put("/load", Route.page(() -> Json.of("server_load", stats().inFlight())));
        routes.put("/sleep", Route.post(this::sleep));
        routes.put("/wake_up", Route.post(this::wakeUp));
        routes.put(
                "/is_sleeping",
                Route.page(() -> Json.of("is_sleeping", engines.first().sleepLevel() != null)));
        routes.put("/health", Route.get(this::health));
        routes.put("/metrics", Route.get(this::metrics));
    }

    private static Route form(Function<JsonNode, Json> form) {
        return Route.post(
                exchange -> exchange.reply(200, form.apply(exchange.json()).toString()));
    }

    private void sleep(HttpExchange exchange) {
        List<String> given = exchange.query("level");
        String level = given.isEmpty() ? "1" : given.get(0);
        if (!level.matches("[0-2]")) {
            throw ApiException.badRequest("level: %s (expected: 0..2)".formatted(level), "level");
        }
        int depth = Integer.parseInt(level);
        engines.each(engine -> engine.sleep(depth));
        exchange.reply(200, Json.of("status", "sleeping", "level", depth).toString());
    }

    /** All that the engine put away at once, whatever the tags say. */
    private void wakeUp(HttpExchange exchange) {
        engines.each(EngineDriver::wakeUp);
        exchange.reply(200, Json.of("status", "awake", "tags", null).toString());
    }

    private void health(HttpExchange exchange) {
        int dead = options.version().isLegacy() ? 500 : 503;
        exchange.reply(injector.faults().unhealthy() ? dead : 200, TEXT, "");
    }

    private void metrics(HttpExchange exchange) {
        MetricsFault fault = injector.faults().metrics();
        if (fault == MetricsFault.GARBAGE) {
            exchange.reply(200, METRICS_TYPE, "vllm:num_requests_running{engine=\"0 NaN\n\u0000}}\n# TYPE\n");
        } else if (fault == MetricsFault.NONE) {
            List<String> pages = new ArrayList<>();
            for (EngineRanks.Rank rank : engines.all()) {
                EngineDriver driver = rank.driver();
                pages.add(new MetricsPage(options, createdSeconds, pages.size())
                        .render(
                                driver.stats(),
                                driver.adapterStats(),
                                driver.sleepLevel(),
                                rank.metrics(),
                                nowSeconds()));
            }
            exchange.reply(200, METRICS_TYPE, Exposition.together(pages));
        }
    }

    private double nowSeconds() {
        return clock.millis() / 1e3;
    }

    /** What a server tells of its models and its tokenizer. */
    record ModelPages(ServerOptions options, LoadedModels loaded, long createdSeconds) {

        /** {@code GET /v1/models}: the base model, then its adapters. */
        Json models() {
            ServerOptions.Models models = options.models();
            List<Json> cards = new ArrayList<>();
            cards.add(card(models.base(), models.base(), null, models.maxModelLen()));
            loaded.adapters().forEach(lora -> cards.add(card(lora, "/loras/" + lora, models.base(), null)));
            return Json.of("object", "list", "data", cards);
        }

        /** {@code POST /tokenize} of a prompt or of messages. */
        Json tokenize(JsonNode body) {
            loaded.named(body);
            if (!body.hasNonNull("prompt") && !body.hasNonNull("messages")) {
                throw ApiException.missingField("prompt");
            }
            byte[] text =
                    body.hasNonNull("messages") ? ChatTemplate.chat(body) : ChatTemplate.plain(body.get("prompt"));
            long[] ids = new Prompt(text, "").tokenIds();
            return Json.of(
                    "count", ids.length, "max_model_len", options.maxTokens(), "tokens", ids, "token_strs", null);
        }

        /** {@code POST /detokenize}. */
        Json detokenize(JsonNode body) {
            if (!body.path("tokens").isArray()) {
                throw ApiException.missingField("tokens");
            }
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            body.get("tokens").forEach(id -> text.writeBytes(Prompt.tokenBytes(id.asLong(0))));
            return Json.of("prompt", text.toString(StandardCharsets.UTF_8));
        }

        private Json card(String id, String root, @Nullable String parent, @Nullable Integer maxModelLen) {
            String permissionId = "modelperm-%016x".formatted(new Prompt(HttpExchange.utf8(id), "").fingerprint());
            Json permission = Json.of("id", permissionId, "object", "model_permission", "created", createdSeconds)
                    .and("allow_create_engine", false, "allow_sampling", true, "allow_logprobs", true)
                    .and("allow_search_indices", false, "allow_view", true, "allow_fine_tuning", false)
                    .and("organization", "*", "group", null, "is_blocking", false);
            return Json.of("id", id, "object", "model", "created", createdSeconds, "owned_by", "vllm", "root", root)
                    .and("parent", parent, "max_model_len", maxModelLen, "permission", List.of(permission));
        }
    }
}
