package dev.warmlane.core.vllm;

import tools.jackson.databind.JsonNode;

/** The canonical prompt built from a tree: slow, plain, and only for the shapes that the property tests make. */
final class ReferencePrompt {
    private ReferencePrompt() {}

    static String of(JsonNode body) {
        StringBuilder prompt = new StringBuilder();
        boolean any = prompt(body.path("messages"), prompt) | prompt(body.path("prompt"), prompt);
        if (!any) {
            return "";
        }
        return member(body, "model", 0) + member(body, "cache_salt", 1) + member(body, "tools", 2)
                + member(body, "system", 3) + "\5" + prompt;
    }

    private static boolean prompt(JsonNode value, StringBuilder prompt) {
        boolean numbers = value.isArray() && !value.isEmpty() && value.get(0).isNumber();
        if (!value.isArray() || numbers) {
            prompt.append(value.isMissingNode() ? "" : value.toString());
            return !value.isMissingNode();
        }
        for (JsonNode element : value) {
            prompt.append(element.isObject() ? message(element) : element.toString());
        }
        return !value.isEmpty();
    }

    private static String message(JsonNode message) {
        StringBuilder content = new StringBuilder();
        JsonNode value = message.path("content");
        if (value.isArray()) {
            value.forEach(part -> content.append(part.get("text")));
        } else if (!value.isMissingNode()) {
            content.append(value);
        }
        return "\6" + member(message, "role", 7) + (value.isMissingNode() ? "" : "\10" + content)
                + member(message, "tool_calls", 10);
    }

    private static String member(JsonNode object, String name, int tag) {
        return object.has(name) ? (char) tag + object.get(name).toString() : "";
    }
}
