package dev.warmlane.tools.simulator;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The models that a server has at the moment: its base model, and adapters that can be loaded and unloaded while it runs. Confined
 * to the server's event loop.
 */
final class LoadedModels {
    private final String base;
    private final EngineRanks engines;
    private final Set<String> adapters;

    LoadedModels(ServerOptions.Models models, EngineRanks engines) {
        this.base = models.base();
        this.engines = engines;
        this.adapters = new LinkedHashSet<>(models.loras());
    }

    /** In the order in which they were loaded. */
    List<String> adapters() {
        return List.copyOf(adapters);
    }

    /** The model, if it is an adapter; else null. */
    @Nullable
    String adapter(String model) {
        return model.equals(base) ? null : model;
    }

    /** The model that a body names, or the base model where it names none. */
    String named(JsonNode body) {
        String model = body.path("model").asString("");
        if (model.isEmpty()) {
            return base;
        }
        if (!model.equals(base) && !adapters.contains(model)) {
            throw ApiException.unknownModel(model);
        }
        return model;
    }

    /** {@code POST /v1/load_lora_adapter}. */
    void load(HttpExchange exchange) {
        String adapter = adapterOf(exchange);
        if (!adapters.add(adapter)) {
            throw ApiException.badRequest(
                    "The lora adapter '%s' has already been loaded.".formatted(adapter), "lora_name");
        }
        engines.each(engine -> engine.loadAdapter(adapter));
        exchange.reply(200, "Success: LoRA adapter '%s' added successfully.".formatted(adapter));
    }

    /** {@code POST /v1/unload_lora_adapter}. */
    void unload(HttpExchange exchange) {
        String adapter = adapterOf(exchange);
        if (!adapters.remove(adapter)) {
            throw ApiException.notFound("The lora adapter '%s' cannot be found.".formatted(adapter), "lora_name");
        }
        engines.each(engine -> engine.unloadAdapter(adapter));
        exchange.reply(200, "Success: LoRA adapter '%s' removed successfully.".formatted(adapter));
    }

    private static String adapterOf(HttpExchange exchange) {
        String adapter = exchange.json().path("lora_name").asString("");
        if (adapter.isEmpty()) {
            throw ApiException.missingField("lora_name");
        }
        return adapter;
    }
}
