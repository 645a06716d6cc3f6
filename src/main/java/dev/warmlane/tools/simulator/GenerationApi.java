package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.ChatFormat.CompletionFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The APIs that generate text: where each keeps its prompt and the asked length, and how it puts a response on the wire. */
enum GenerationApi {
    CHAT("/v1/chat/completions", "messages"),
    COMPLETIONS("/v1/completions", "prompt"),
    RESPONSES("/v1/responses", "input"),
    MESSAGES("/v1/messages", "messages");

    private final String path;
    private final String promptField;

    GenerationApi(String path, String promptField) {
        this.path = path;
        this.promptField = promptField;
    }

    String path() {
        return path;
    }

    String promptField() {
        return promptField;
    }

    /** The fields that may hold the asked length, the one that wins first. */
    List<String> lengthFields() {
        return switch (this) {
            case CHAT -> List.of("max_completion_tokens", "max_tokens");
            case COMPLETIONS, MESSAGES -> List.of("max_tokens");
            case RESPONSES -> List.of("max_output_tokens");
        };
    }

    /** The text that the model sees. */
    byte[] render(JsonNode body, VllmVersion version) {
        return switch (this) {
            case CHAT -> ChatTemplate.chat(body);
            case COMPLETIONS -> ChatTemplate.plain(body.path(promptField));
            case RESPONSES -> ChatTemplate.responses(body);
            case MESSAGES -> ChatTemplate.messages(body, version);
        };
    }

    /** What keeps the prompt's blocks apart from those of others. */
    String salt(JsonNode body, VllmVersion version) {
        boolean reads = this != MESSAGES || version.isSince(29);
        return reads ? body.path("cache_salt").asString("") : "";
    }

    ResponseFormat format(VllmVersion version) {
        return switch (this) {
            case CHAT -> new ChatFormat(version);
            case COMPLETIONS -> new CompletionFormat(version);
            case RESPONSES -> new ResponsesFormat();
            case MESSAGES -> new MessagesFormat();
        };
    }
}
