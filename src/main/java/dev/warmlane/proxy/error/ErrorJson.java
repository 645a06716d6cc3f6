package dev.warmlane.proxy.error;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's error object: {@code {"error":{"message","type","param","code"}}}. */
public final class ErrorJson {
    private static final JsonMapper JSON = JsonMapper.shared();

    private ErrorJson() {}

    public static byte[] body(ApiException error) {
        return JSON.writeValueAsBytes(object(error.text(), error.type(), error.param(), error.code()));
    }

    /** The error as one server-sent event, for a stream that has begun and may have broken off inside an event. */
    public static byte[] event(ApiException error) {
        String json = JSON.writeValueAsString(object(error.text(), error.type(), error.param(), error.code()));
        return ("\n\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode object(String message, String type, @Nullable String param, String code) {
        ObjectNode root = JSON.createObjectNode();
        ObjectNode error = root.putObject("error");
        error.put("message", message);
        error.put("type", type);
        error.put("param", param);
        error.put("code", code);
        return root;
    }
}
