package dev.warmlane.engines.probe;

import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the JSON that vLLM says of itself: its models and its version. */
final class EngineJson {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MAX_VERSION_LENGTH = 100;

    private EngineJson() {}

    /**
     * The cards of a response to {@code GET /v1/models}, in its order.
     *
     * @throws UnusableResponse if the body is not a list of models
     */
    static List<ModelCard> models(byte[] body) {
        JsonNode data = read(body).path("data");
        if (!data.isArray()) {
            throw UnusableResponse.content("no model list in %d bytes".formatted(body.length));
        }
        List<ModelCard> cards = new ArrayList<>(data.size());
        for (JsonNode card : data) {
            JsonNode id = card.path("id");
            if (id.isString() && !id.stringValue().isBlank()) {
                cards.add(new ModelCard(id.stringValue(), card.path("parent").isString(), card.toString()));
            }
        }
        return cards;
    }

    /** The version in a response to {@code GET /version}; null where there is none. */
    static @Nullable String version(byte[] body) {
        JsonNode version = read(body).path("version");
        return version.isString() && version.stringValue().length() <= MAX_VERSION_LENGTH
                ? version.stringValue()
                : null;
    }

    private static JsonNode read(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            throw UnusableResponse.content("no JSON in %d bytes".formatted(body.length));
        }
    }
}
