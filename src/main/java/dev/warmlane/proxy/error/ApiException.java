package dev.warmlane.proxy.error;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.engines.client.EngineFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponse;
import reactor.netty.channel.AbortedException;

/** An error response of the gateway's own, in OpenAI's terms. Expected, so without a stack trace. */
public final class ApiException extends RuntimeException {
    /** The only one there is (RFC 6455). */
    public static final String WEBSOCKET_VERSION = "13";

    /** Says in seconds, or by a date, when to try again. */
    public static final String RETRY_AFTER = "retry-after";

    /** Code of the 429 of a request for which the queue has no place. */
    public static final String QUEUE_FULL = "queue_full";

    /** Code of the 429 of a request that waited in the queue as long as it may. */
    public static final String QUEUE_TIMEOUT = "queue_timeout";

    /** Code of the 503 of a request for whose body there is no memory. */
    public static final String OVERLOADED_MEMORY = "overloaded_memory";

    /** Code of the 429 of a request that is more than the gateway serves at a time. */
    public static final String TOO_MANY_STREAMS = "too_many_streams";

    private static final long serialVersionUID = 1L;

    private static final Duration RETRY_SOON = Duration.ofSeconds(1);
    private static final int SHOWN_CHARS = 200;

    private final HttpStatus status;
    private final @Nullable String param;
    private final String code;
    private final Map<String, String> headers;
    private final @Nullable ClientRefusal refusal;

    private ApiException(
            HttpStatus status, @Nullable String param, String code, String message, Map<String, String> headers) {
        this(status, param, code, message, headers, null);
    }

    private ApiException(
            HttpStatus status,
            @Nullable String param,
            String code,
            String message,
            Map<String, String> headers,
            @Nullable ClientRefusal refusal) {
        super(message, null, false, false);
        this.refusal = refusal;
        this.status = status;
        this.param = param;
        this.code = code;
        this.headers = headers;
    }

    private static ApiException of(HttpStatus status, @Nullable String param, String code, String message) {
        return new ApiException(status, param, code, message, Map.of());
    }

    /** @param after when it makes sense to try again */
    private static ApiException retryable(
            HttpStatus status, @Nullable String param, String code, String message, Duration after) {
        return new ApiException(status, param, code, message, retryAfter(after));
    }

    /** When it makes sense to try again, in headers: in seconds and, for OpenAI's clients, in milliseconds. */
    private static Map<String, String> retryAfter(Duration after) {
        // Rounded up: whoever comes back too early is refused again.
        long millis = after.plusMillis(1).minusNanos(1).toMillis();
        long seconds = Math.max(1, (millis + 999) / 1000);
        return Map.of(RETRY_AFTER, Long.toString(seconds), "retry-after-ms", Long.toString(millis));
    }

    /** The headers of a 503 whose end nobody knows. */
    public static Map<String, String> retrySoon() {
        return retryAfter(RETRY_SOON);
    }

    private static ApiException unavailable(String code, String message, Duration retryAfter) {
        return retryable(HttpStatus.SERVICE_UNAVAILABLE, null, code, message, retryAfter);
    }

    /** 404: nothing is served there, or the path is not spelled plainly. */
    public static ApiException unknownPath() {
        return of(HttpStatus.NOT_FOUND, null, "unknown_path", "There is nothing at this path.");
    }

    /**
     * 404: no pool serves the model.
     *
     * @param known what models there are, as a sentence after a space; empty: it is not said
     */
    public static ApiException unknownModel(String model, String known) {
        // A name can be as long as a body; it is not sent back whole.
        String shown = model.length() <= SHOWN_CHARS ? model : model.substring(0, SHOWN_CHARS) + "…";
        return of(
                HttpStatus.NOT_FOUND,
                "model",
                "model_not_found",
                "The model `%s` does not exist.%s".formatted(shown, known));
    }

    /**
     * 404: nothing has this name.
     *
     * @param what it is the name of
     * @param expected what names there are
     */
    public static ApiException unknownName(String what, String name, String expected) {
        return of(HttpStatus.NOT_FOUND, null, "not_found", "%s: %s (expected: %s)".formatted(what, name, expected));
    }

    /** 404: no endpoint is known that made this stored response. */
    public static ApiException unknownResponse() {
        return of(HttpStatus.NOT_FOUND, null, "response_not_found", "There is no such response.");
    }

    /**
     * 405.
     *
     * @param allow the methods that there are, as in the header of this name
     */
    public static ApiException methodNotAllowed(String allow) {
        HttpStatus status = HttpStatus.METHOD_NOT_ALLOWED;
        return new ApiException(
                status, null, "method_not_allowed", status.getReasonPhrase() + ".", Map.of("allow", allow));
    }

    /** 426: the path is for WebSockets, and the request does not ask for one as RFC 6455 says. */
    public static ApiException upgradeRequired() {
        return new ApiException(
                HttpStatus.UPGRADE_REQUIRED,
                null,
                "upgrade_required",
                "This path takes only WebSockets: GET with Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Version: %s."
                        .formatted(WEBSOCKET_VERSION),
                Map.of("upgrade", "websocket", "connection", "Upgrade", "sec-websocket-version", WEBSOCKET_VERSION));
    }

    /**
     * 400.
     *
     * @param param the member of the body that is wrong; null where none is
     * @param code what is wrong, in words with underscores
     */
    public static ApiException badRequest(@Nullable String param, String code, String message) {
        return of(HttpStatus.BAD_REQUEST, param, code, message);
    }

    /** 400: the body had to be read, and could not be. */
    public static ApiException notJson(MalformedJsonException why) {
        return badRequest(null, "invalid_json", "The request body is not JSON: " + why.getMessage());
    }

    /** 400: the body does not come in the chunks that were announced. */
    public static ApiException brokenBody() {
        return ofStatus(HttpStatus.BAD_REQUEST, "The request body is broken.");
    }

    /** 408: nothing is wrong with the request but its speed, or the client is gone. */
    public static ApiException bodyTooSlow() {
        return ofStatus(HttpStatus.REQUEST_TIMEOUT, "The request body did not come in time.");
    }

    /** 413: the body is longer than bodies may be. */
    public static ApiException bodyTooLarge(long limitBytes) {
        return of(
                HttpStatus.CONTENT_TOO_LARGE,
                null,
                "body_too_large",
                "The request body is larger than %d bytes.".formatted(limitBytes));
    }

    /**
     * 415.
     *
     * @param inflates whether compressed bodies are taken at all
     */
    public static ApiException unsupportedEncoding(boolean inflates) {
        return of(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                null,
                "unsupported_content_encoding",
                "The request's Content-Encoding is not supported (expected: %s)."
                        .formatted(inflates ? "gzip or deflate" : "none"));
    }

    /** 401: the request has no credential, or one that nobody knows. */
    public static ApiException unauthenticated(String message) {
        return of(HttpStatus.UNAUTHORIZED, null, "invalid_api_key", message).because(ClientRefusal.UNKNOWN);
    }

    /** 403: the client is known, and may not do this. */
    public static ApiException forbidden(@Nullable String param, String code, String message) {
        return of(HttpStatus.FORBIDDEN, param, code, message);
    }

    /** 429: the client has had its share of this minute. */
    public static ApiException rateLimited(String message, Duration retryAfter) {
        return overloaded("rate_limit_exceeded", message, retryAfter);
    }

    /** 429: more is asked than there is room for; worth asking again later. */
    public static ApiException overloaded(String code, String message, Duration retryAfter) {
        return retryable(HttpStatus.TOO_MANY_REQUESTS, null, code, message, retryAfter);
    }

    /** 503: the identity provider, which could say who the client is, does not respond. */
    public static ApiException identityUnknown(String message, Duration retryAfter) {
        return unavailable("identity_unavailable", message, retryAfter);
    }

    /** 503: the bodies of other requests take all the memory that bodies may take. */
    public static ApiException overloadedMemory() {
        return unavailable(OVERLOADED_MEMORY, "The gateway holds too many requests at the moment.", RETRY_SOON);
    }

    /** 503: there is nothing left to connect to endpoints with, such as file descriptors; the log says what. */
    public static ApiException outOfResources() {
        return unavailable(
                "gateway_out_of_resources", "The gateway cannot open connections at the moment.", RETRY_SOON);
    }

    /** 503: there are as many connections of clients as there may be. */
    public static ApiException tooManyConnections() {
        return unavailable("too_many_connections", "The gateway has too many connections at the moment.", RETRY_SOON);
    }

    /** 503: the gateway ends before the response does; another replica may have time for it. */
    public static ApiException shuttingDown() {
        return unavailable(
                "shutting_down",
                "The gateway is shutting down and could not wait for the end of this response.",
                RETRY_SOON);
    }

    /**
     * 503: no endpoint of the pool takes requests now.
     *
     * @param lack what the pool lacks, after a colon; empty where that goes without saying
     */
    public static ApiException noEndpoint(String pool, String lack) {
        return unavailable("no_endpoint", "No endpoint of pool %s is ready%s.".formatted(pool, lack), RETRY_SOON);
    }

    /** 503: no endpoint has a model that a client's name stands for. */
    public static ApiException noEndpointServes(String model, String name) {
        return retryable(
                HttpStatus.SERVICE_UNAVAILABLE,
                "model",
                "no_endpoint",
                "No endpoint serves `%s`, which `%s` stands for.".formatted(model, name),
                RETRY_SOON);
    }

    /** 502: no endpoint gave a response that could be used. */
    public static ApiException upstreamFailed(String reason) {
        return of(HttpStatus.BAD_GATEWAY, null, "upstream_failed", reason);
    }

    /** 504: an endpoint did not respond in time. */
    public static ApiException upstreamTimeout(String reason) {
        return of(HttpStatus.GATEWAY_TIMEOUT, null, "upstream_timeout", reason);
    }

    /** An error that Spring found, such as an unsupported media type. */
    public static ApiException ofStatus(HttpStatus status, @Nullable String detail) {
        String code = status.name().toLowerCase(Locale.ROOT);
        return of(status, null, code, detail == null ? status.getReasonPhrase() + "." : detail);
    }

    /** The error that a client gets for a failure, as long as its response has not begun; 500 where nobody expected it. */
    public static ApiException of(Throwable failure) {
        if (failure instanceof ApiException api) {
            return api;
        }
        if (failure instanceof AbortedException) {
            // The client left while it was sending: nobody reads this.
            return brokenBody();
        }
        if (failure instanceof IOException) {
            // Of a route to elsewhere: what endpoints do wrong has become an error before.
            EngineFailure why = EngineFailure.of(failure);
            return why.isOurs()
                    ? outOfResources()
                    : upstreamFailed("The upstream of this path failed: %s.".formatted(why.reason()));
        }
        HttpStatus status = failure instanceof ErrorResponse spring
                ? HttpStatus.resolve(spring.getStatusCode().value())
                : null;
        if (status == HttpStatus.NOT_FOUND) {
            return unknownPath();
        }
        return status == null
                ? ofStatus(HttpStatus.INTERNAL_SERVER_ERROR, null)
                : ofStatus(status, ((ErrorResponse) failure).getBody().getDetail());
    }

    /** The same error, of a request that is refused because of its client. */
    public ApiException because(ClientRefusal why) {
        return new ApiException(status, param, code, text(), headers, why);
    }

    /** Why the request is refused because of its client; null where that is not the reason. */
    public @Nullable ClientRefusal refusal() {
        return refusal;
    }

    /** The status of the response. */
    public HttpStatus status() {
        return status;
    }

    /** What OpenAI calls errors of this status. */
    String type() {
        return switch (status) {
            case UNAUTHORIZED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case TOO_MANY_REQUESTS -> "rate_limit_error";
            default -> status.is4xxClientError() ? "invalid_request_error" : "server_error";
        };
    }

    @Nullable
    String param() {
        return param;
    }

    /** What tells this error from others of the same status, in words with underscores. */
    public String code() {
        return code;
    }

    /** What the response says beside its body: which methods there are, or when to try again. */
    public Map<String, String> headers() {
        return headers;
    }

    /** The message, which an {@code ApiException} always has. */
    String text() {
        String message = getMessage();
        return message == null ? status.getReasonPhrase() : message;
    }
}
