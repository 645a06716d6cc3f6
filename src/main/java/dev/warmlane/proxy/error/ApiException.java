package dev.warmlane.proxy.error;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
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

    private static final long serialVersionUID = 1L;

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration RETRY_SOON = SECOND;

    private final HttpStatus status;
    private final String type;
    private final @Nullable String param;
    private final String code;
    private final @Nullable Duration retryAfter;
    private final @Nullable String allow;

    private ApiException(
            HttpStatus status,
            String type,
            @Nullable String param,
            String code,
            @Nullable Duration retryAfter,
            String message) {
        this(status, type, param, code, retryAfter, null, message);
    }

    private ApiException(
            HttpStatus status,
            String type,
            @Nullable String param,
            String code,
            @Nullable Duration retryAfter,
            @Nullable String allow,
            String message) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfter = retryAfter;
        this.allow = allow;
    }

    /** 404: nothing is served there, or the path is not spelled plainly. */
    public static ApiException unknownPath() {
        return notFound(null, "unknown_path", "There is nothing at this path.");
    }

    /**
     * 405.
     *
     * @param allow the methods that there are, as in the header of this name
     */
    public static ApiException methodNotAllowed(String allow) {
        HttpStatus status = HttpStatus.METHOD_NOT_ALLOWED;
        return new ApiException(
                status,
                "invalid_request_error",
                null,
                "method_not_allowed",
                null,
                allow,
                status.getReasonPhrase() + ".");
    }

    /** 426: the path is for WebSockets, and the request does not ask for one as RFC 6455 says. */
    public static ApiException upgradeRequired() {
        return ofStatus(
                HttpStatus.UPGRADE_REQUIRED,
                "This path takes only WebSockets: GET with Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Version: %s."
                        .formatted(WEBSOCKET_VERSION));
    }

    /** 404: no pool serves the model. */
    public static ApiException unknownModel(String message) {
        return notFound("model", "model_not_found", message);
    }

    /**
     * 404: nothing has this name.
     *
     * @param what it is the name of
     * @param expected what names there are
     */
    public static ApiException unknownName(String what, String name, String expected) {
        return notFound(null, "not_found", "%s: %s (expected: %s)".formatted(what, name, expected));
    }

    /** 404: no endpoint is known that made this stored response. */
    public static ApiException unknownResponse() {
        return notFound(null, "response_not_found", "There is no such response.");
    }

    /**
     * 400.
     *
     * @param param the member of the body that is wrong; null where none is
     * @param code what is wrong, in words with underscores
     */
    public static ApiException badRequest(@Nullable String param, String code, String message) {
        return invalid(HttpStatus.BAD_REQUEST, param, code, message);
    }

    /** 400: the body had to be read, and could not be. */
    public static ApiException notJson(MalformedJsonException why) {
        return badRequest(null, "invalid_json", "The request body is not JSON: " + why.getMessage());
    }

    /** 401: the request has no credential, or one that nobody knows. */
    public static ApiException unauthenticated(String message) {
        return new ApiException(
                HttpStatus.UNAUTHORIZED, "authentication_error", null, "invalid_api_key", null, message);
    }

    /** 403: the client is known, and may not do this. */
    public static ApiException forbidden(@Nullable String param, String code, String message) {
        return new ApiException(HttpStatus.FORBIDDEN, "permission_error", param, code, null, message);
    }

    /** 429: the client has had its share of this minute. */
    public static ApiException rateLimited(String message, Duration retryAfter) {
        return tooMany("rate_limit_exceeded", retryAfter, message);
    }

    /** 503: the identity provider, which could say who the client is, does not respond. */
    public static ApiException identityUnknown(String message, Duration retryAfter) {
        return unavailable("identity_unavailable", retryAfter, message);
    }

    /** 413: the body is longer than bodies may be. */
    public static ApiException bodyTooLarge(long limitBytes) {
        return invalid(
                HttpStatus.CONTENT_TOO_LARGE,
                null,
                "body_too_large",
                "The request body is larger than %d bytes.".formatted(limitBytes));
    }

    /** 503: the bodies of other requests take all the memory that bodies may take. */
    public static ApiException overloadedMemory() {
        return unavailable("overloaded_memory", RETRY_SOON, "The gateway holds too many requests at the moment.");
    }

    /** 503: there is nothing left to connect to endpoints with, such as file descriptors; the log says what. */
    public static ApiException outOfResources() {
        return unavailable(
                "gateway_out_of_resources", RETRY_SOON, "The gateway cannot open connections at the moment.");
    }

    /** 503: there are as many connections of clients as there may be. */
    public static ApiException tooManyConnections() {
        return unavailable("too_many_connections", RETRY_SOON, "The gateway has too many connections at the moment.");
    }

    /**
     * 415.
     *
     * @param inflates whether compressed bodies are taken at all
     */
    public static ApiException unsupportedEncoding(boolean inflates) {
        return invalid(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                null,
                "unsupported_content_encoding",
                "The request's Content-Encoding is not supported (expected: %s)."
                        .formatted(inflates ? "gzip or deflate" : "none"));
    }

    /** 408: nothing is wrong with the request but its speed, or the client is gone. */
    public static ApiException bodyTooSlow() {
        return ofStatus(HttpStatus.REQUEST_TIMEOUT, "The request body did not come in time.");
    }

    /** 400: the body does not come in the chunks that were announced. */
    public static ApiException brokenBody() {
        return ofStatus(HttpStatus.BAD_REQUEST, "The request body is broken.");
    }

    /** 429: more is asked than there is room for; worth asking again later. */
    public static ApiException overloaded(String code, String message, Duration retryAfter) {
        return tooMany(code, retryAfter, message);
    }

    /** 503: no endpoint of the pool takes requests now. */
    public static ApiException noEndpoint(String pool, Duration retryAfter) {
        return noEndpointWith(pool, "", retryAfter);
    }

    /**
     * 503: no endpoint of the pool takes requests now.
     *
     * @param lack what the pool lacks, after a colon; empty where that goes without saying
     */
    public static ApiException noEndpointWith(String pool, String lack, Duration retryAfter) {
        return unavailable("no_endpoint", retryAfter, "No endpoint of pool %s is ready%s.".formatted(pool, lack));
    }

    /** 503: no endpoint has a model that a client's name stands for. */
    public static ApiException noEndpoint(String name, String model, Duration retryAfter) {
        return new ApiException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "server_error",
                "model",
                "no_endpoint",
                retryAfter,
                "No endpoint serves `%s`, which `%s` stands for.".formatted(model, name));
    }

    /** 502: no endpoint gave a response that could be used. */
    public static ApiException upstreamFailed(String reason) {
        return new ApiException(HttpStatus.BAD_GATEWAY, "server_error", null, "upstream_failed", null, reason);
    }

    /** 504: an endpoint did not respond in time. */
    public static ApiException upstreamTimeout(String reason) {
        return new ApiException(HttpStatus.GATEWAY_TIMEOUT, "server_error", null, "upstream_timeout", null, reason);
    }

    /** 503: the gateway ends before the response does; another replica may have time for it. */
    public static ApiException shuttingDown() {
        return unavailable(
                "shutting_down",
                RETRY_SOON,
                "The gateway is shutting down and could not wait for the end of this response.");
    }

    /** An error that Spring found, such as an unsupported media type. */
    public static ApiException ofStatus(HttpStatus status, @Nullable String detail) {
        String type = status.is4xxClientError() ? "invalid_request_error" : "server_error";
        String code = status.name().toLowerCase(Locale.ROOT);
        String message = detail == null ? status.getReasonPhrase() + "." : detail;
        return new ApiException(status, type, null, code, null, message);
    }

    private static ApiException notFound(@Nullable String param, String code, String message) {
        return invalid(HttpStatus.NOT_FOUND, param, code, message);
    }

    private static ApiException invalid(HttpStatus status, @Nullable String param, String code, String message) {
        return new ApiException(status, "invalid_request_error", param, code, null, message);
    }

    private static ApiException tooMany(String code, Duration retryAfter, String message) {
        return new ApiException(HttpStatus.TOO_MANY_REQUESTS, "rate_limit_error", null, code, retryAfter, message);
    }

    private static ApiException unavailable(String code, Duration retryAfter, String message) {
        return new ApiException(HttpStatus.SERVICE_UNAVAILABLE, "server_error", null, code, retryAfter, message);
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

    /** The status of the response. */
    public HttpStatus status() {
        return status;
    }

    String type() {
        return type;
    }

    @Nullable
    String param() {
        return param;
    }

    /** What tells this error from others of the same status, in words with underscores. */
    public String code() {
        return code;
    }

    /** When trying again makes sense, or null where it does not. */
    @Nullable
    public Duration retryAfter() {
        return retryAfter;
    }

    /**
     * What the response says beside its body: which methods there are, or when to try again, in seconds and in milliseconds as
     * OpenAI's clients read it.
     */
    public Map<String, String> headers() {
        if (allow != null) {
            return Map.of("allow", allow);
        }
        if (status == HttpStatus.UPGRADE_REQUIRED) {
            return Map.of("upgrade", "websocket", "connection", "Upgrade", "sec-websocket-version", WEBSOCKET_VERSION);
        }
        // Rounded up: whoever comes back too early is refused again.
        return retryAfter == null
                ? Map.of()
                : Map.of(
                        "retry-after",
                        Long.toString(Math.max(1, ceil(retryAfter, SECOND))),
                        "retry-after-ms",
                        Long.toString(ceil(retryAfter, MILLISECOND)));
    }

    private static long ceil(Duration duration, Duration unit) {
        return duration.plus(unit).minusNanos(1).dividedBy(unit);
    }

    /** The message, which an {@code ApiException} always has. */
    String text() {
        String message = getMessage();
        return message == null ? status.getReasonPhrase() : message;
    }
}
