package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

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
        byte[] text = body.hasNonNull("messages") ? ChatTemplate.chat(body) : ChatTemplate.plain(body.get("prompt"));
        long[] ids = new Prompt(text, "").tokenIds();
        return Json.of("count", ids.length, "max_model_len", options.maxTokens(), "tokens", ids, "token_strs", null);
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
