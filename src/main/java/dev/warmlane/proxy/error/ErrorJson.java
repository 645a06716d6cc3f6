package dev.warmlane.proxy.error;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An error as the clients of each API read it. OpenAI's: {@code {"error":{"message","type","param","code"}}}. Anthropic's:
 * {@code {"type":"error","error":{"type","message"},"request_id"}}. Cohere's: {@code {"message"}}.
 */
public final class ErrorJson {
    private static final JsonMapper JSON = JsonMapper.shared();

    private ErrorJson() {}

    /** The error as the body of a response. */
    public static byte[] body(ApiException error, ErrorFormat format, String requestId) {
        ObjectNode body = switch (format) {
            case OPENAI -> openAi(error);
            case ANTHROPIC -> anthropic(error, requestId);
            case COHERE -> JSON.createObjectNode().put("message", error.text());
        };
        return JSON.writeValueAsBytes(body);
    }

    /** The error as one server-sent event, for a stream that has begun and may have broken off inside an event. */
    public static byte[] event(ApiException error, ErrorFormat format, String requestId) {
        String event = switch (format) {
            case OPENAI -> "data: " + openAi(error);
            case ANTHROPIC -> "event: error\ndata: " + anthropic(error, requestId);
            case COHERE -> "event: message-end\ndata: " + cohereEnd(error);
        };
        return ("\n\n" + event + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode openAi(ApiException failure) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("error")
                .put("message", failure.text())
                .put("type", failure.type())
                .put("param", failure.param())
                .put("code", failure.code());
        return root;
    }

    private static ObjectNode anthropic(ApiException failure, String requestId) {
        ObjectNode root = JSON.createObjectNode().put("type", "error");
        root.putObject("error").put("type", anthropicType(failure)).put("message", failure.text());
        return root.put("request_id", requestId);
    }

    private static String anthropicType(ApiException failure) {
        return switch (failure.status()) {
            case UNAUTHORIZED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case CONTENT_TOO_LARGE -> "request_too_large";
            case TOO_MANY_REQUESTS -> "rate_limit_error";
            case SERVICE_UNAVAILABLE -> "overloaded_error";
            default -> failure.status().is4xxClientError() ? "invalid_request_error" : "api_error";
        };
    }

    /** Cohere's streams have no event for errors: the one that ends a message says why. */
    private static ObjectNode cohereEnd(ApiException failure) {
        ObjectNode root = JSON.createObjectNode().put("type", "message-end");
        root.putObject("delta").put("error", failure.text()).put("finish_reason", "ERROR");
        return root;
    }

    /** Whose clients read an error: each of the APIs that vLLM speaks has a format of its own. */
    public enum ErrorFormat {
        OPENAI,
        /** Of {@code /v1/messages}. */
        ANTHROPIC,
        /** Of {@code /cohere/v2/chat}. */
        COHERE;

        /** The format of a route with this {@code api} in its metadata. */
        public static ErrorFormat ofApi(@Nullable Object api) {
            if ("messages".equals(api)) {
                return ANTHROPIC;
            }
            return "cohere".equals(api) ? COHERE : OPENAI;
        }

        /** The format for a request that has taken no route, by the API that whoever asks for such a path speaks. */
        public static ErrorFormat ofPath(String path) {
            if (path.startsWith("/v1/messages")) {
                return ANTHROPIC;
            }
            return path.startsWith("/cohere/") ? COHERE : OPENAI;
        }
    }
}
