package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import org.jspecify.annotations.Nullable;

/** A request that vLLM would refuse, with the status and the words it would use. */
final class ApiException extends RuntimeException {
    private final int status;
    private final String type;
    private final @Nullable String param;

    private ApiException(int status, String type, String message, @Nullable String param) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
    }

    static ApiException badRequest(String message, @Nullable String param) {
        return new ApiException(400, "BadRequestError", message, param);
    }

    static ApiException missingField(String field) {
        String message = "[{'type': 'missing', 'loc': ('body', '%s'), 'msg': 'Field required'}]".formatted(field);
        return new ApiException(400, "Bad Request", message, field);
    }

    static ApiException notJson() {
        String message = "[{'type': 'json_invalid', 'loc': ('body', 0), 'msg': 'JSON decode error'}]";
        return new ApiException(400, "Bad Request", message, null);
    }

    static ApiException notFound(String message, String param) {
        return new ApiException(404, "NotFoundError", message, param);
    }

    static ApiException unknownModel(String model) {
        return notFound("The model `%s` does not exist.".formatted(model), "model");
    }

    static ApiException tooLong(int limit, long promptTokens, long outputTokens) {
        String message = "This model's maximum context length is %d tokens. However, you requested %d tokens"
                + " (%d in the messages, %d in the completion). Please reduce the length of the messages or completion.";
        return badRequest(message.formatted(limit, promptTokens + outputTokens, promptTokens, outputTokens), null);
    }

    static ApiException ofStatus(int status) {
        return new ApiException(status, "InternalServerError", "Simulated fault.", null);
    }

    /** The response of a vLLM that is shutting down, for a short time. */
    static ApiException ending() {
        String message = "cannot schedule new futures after shutdown";
        return new ApiException(500, "InternalServerError", message, null);
    }

    int status() {
        return status;
    }

    /** The body in the words of this vLLM release. */
    String body(VllmVersion version) {
        Json error = Json.of("message", getMessage(), "type", type, "param", version.isLegacy() ? null : param)
                .and("code", status);
        return version.isLegacy()
                ? Json.of("object", "error").and(error).toString()
                : Json.of("error", error).toString();
    }
}
