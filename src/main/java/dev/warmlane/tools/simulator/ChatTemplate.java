package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/**
 * Renders request bodies to the text that the model sees: {@code <|role|>\ncontent\n} for each message, then the role of the
 * response. The text of a conversation is a prefix of the text of its next turn.
 */
final class ChatTemplate {
    private static final String ATTRIBUTION = "x-anthropic-billing-header";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private ChatTemplate() {}

    /** {@code /v1/chat/completions}: {@code tools} and {@code messages}. */
    static byte[] chat(JsonNode body) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        template.turns(body.path("messages"));
        return template.assistant();
    }

    /** {@code /v1/messages}: {@code tools}, {@code system} without blocks that the release takes out, and {@code messages}. */
    static byte[] messages(JsonNode body, VllmVersion version) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        if (body.has("system")) {
            template.header("system");
            JsonNode system = body.get("system");
            if (system.isArray() && version.isSince(18)) {
                system.valueStream()
                        .filter(block -> !block.path("text").asString("").startsWith(ATTRIBUTION))
                        .forEach(block -> template.write(block.path("text").asString(block.toString())));
            } else {
                template.content(system);
            }
            template.write("\n");
        }
        template.turns(body.path("messages"));
        return template.assistant();
    }

    /** {@code /v1/responses}: {@code tools}, {@code instructions} and {@code input}. */
    static byte[] responses(JsonNode body) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        if (body.hasNonNull("instructions")) {
            template.turn("system", body.get("instructions"));
        }
        JsonNode input = body.path("input");
        if (input.isArray()) {
            template.turns(input);
        } else {
            template.turn("user", input);
        }
        return template.assistant();
    }

    /** A prompt or an embedding input: text, token ids, or a list of either, which counts as one text. */
    static byte[] plain(JsonNode prompt) {
        ChatTemplate template = new ChatTemplate();
        template.plainParts(prompt);
        return template.out.toByteArray();
    }

    private void plainParts(JsonNode prompt) {
        if (prompt.isNumber()) {
            int id = prompt.intValue(0);
            out.write(id >>> 24);
            out.write(id >>> 16);
            out.write(id >>> 8);
            out.write(id);
        } else if (prompt.isArray()) {
            prompt.forEach(this::plainParts);
        } else if (prompt.isString()) {
            write(prompt.stringValue());
        }
    }

    private void tools(JsonNode body) {
        if (body.path("tools").isArray() && !body.path("tools").isEmpty()) {
            turn("tools", body.get("tools"));
        }
    }

    private void turns(JsonNode messages) {
        for (JsonNode message : messages) {
            header(message.path("role").asString("user"));
            content(message.path("content"));
            if (message.hasNonNull("tool_calls")) {
                write(message.get("tool_calls").toString());
            }
            write("\n");
        }
    }

    private void turn(String role, JsonNode content) {
        header(role);
        content(content);
        write("\n");
    }

    private void header(String role) {
        write("<|" + role + "|>\n");
    }

    private void content(JsonNode content) {
        if (content.isString()) {
            write(content.stringValue());
        } else if (content.isArray()) {
            content.forEach(part ->
                    write(part.path("text").isString() ? part.get("text").stringValue() : part.toString()));
        } else if (!content.isNull() && !content.isMissingNode()) {
            write(content.toString());
        }
    }

    private byte[] assistant() {
        header("assistant");
        return out.toByteArray();
    }

    private void write(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
