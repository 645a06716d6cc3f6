package dev.warmlane.tools.simulator;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a server tells of its models and its tokenizer. */
final class ModelPages {
    private final ServerOptions options;
    private final long createdSeconds;

    ModelPages(ServerOptions options, long createdSeconds) {
        this.options = options;
        this.createdSeconds = createdSeconds;
    }

    /** {@code GET /v1/models}: the base model, then its adapters. */
    ObjectNode models() {
        ServedModels models = options.models();
        ArrayNode cards = Json.array(card(models.base(), models.base(), null, models.maxModelLen()));
        models.loras().forEach(lora -> cards.add(card(lora, "/loras/" + lora, models.base(), null)));
        return Json.object().put("object", "list").set("data", cards);
    }

    /** {@code POST /tokenize} of a prompt or of messages. */
    ObjectNode tokenize(JsonNode body) {
        GenerationBody.model(body, options.models());
        if (!body.hasNonNull("prompt") && !body.hasNonNull("messages")) {
            throw ApiException.missingField("prompt");
        }
        byte[] text = body.hasNonNull("messages") ? ChatTemplate.chat(body) : ChatTemplate.plain(body.get("prompt"));
        long[] ids = new Prompt(text, "").tokenIds();
        ObjectNode result = Json.object().put("count", ids.length).put("max_model_len", options.maxTokens());
        ArrayNode tokens = result.putArray("tokens");
        for (long id : ids) {
            tokens.add(id);
        }
        return result.putNull("token_strs");
    }

    /** {@code POST /detokenize}. */
    ObjectNode detokenize(JsonNode body) {
        if (!body.path("tokens").isArray()) {
            throw ApiException.missingField("tokens");
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        body.get("tokens").forEach(id -> text.writeBytes(Prompt.tokenBytes(id.asLong(0))));
        return Json.object().put("prompt", text.toString(StandardCharsets.UTF_8));
    }

    private ObjectNode card(String id, String root, @Nullable String parent, @Nullable Integer maxModelLen) {
        ObjectNode card = Json.object()
                .put("id", id)
                .put("object", "model")
                .put("created", createdSeconds)
                .put("owned_by", "vllm")
                .put("root", root)
                .put("parent", parent)
                .put("max_model_len", maxModelLen);
        card.set("permission", Json.array(permission(id)));
        return card;
    }

    private ObjectNode permission(String id) {
        return Json.object()
                .put("id", "modelperm-%016x".formatted(new Prompt(Json.utf8(id), "").fingerprint()))
                .put("object", "model_permission")
                .put("created", createdSeconds)
                .put("allow_create_engine", false)
                .put("allow_sampling", true)
                .put("allow_logprobs", true)
                .put("allow_search_indices", false)
                .put("allow_view", true)
                .put("allow_fine_tuning", false)
                .put("organization", "*")
                .putNull("group")
                .put("is_blocking", false);
    }
}
