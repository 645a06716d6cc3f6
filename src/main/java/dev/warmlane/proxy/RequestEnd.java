package dev.warmlane.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * How a request ended for its client, whoever answered it.
 *
 * @param result the class of the status, such as 2xx, or cancelled by the client, or failed after the response had begun
 * @param status the status that the client got; null where it left before
 */
record RequestEnd(String result, @Nullable Integer status) {
    private static final String CANCELLED = "cancelled";
    private static final String FAILED = "failed";

    /** The same request, whose end is told. */
    static Mono<Void> watch(Mono<Void> request, ServerWebExchange exchange, Consumer<RequestEnd> listener) {
        return request.doOnSuccess(nothing -> listener.accept(completed(exchange)))
                .doOnError(failure -> listener.accept(failed(exchange, failure)))
                .doOnCancel(() -> listener.accept(new RequestEnd(CANCELLED, sentStatus(exchange))));
    }

    /** Whether the response broke off. */
    boolean isFailed() {
        return result.equals(FAILED);
    }

    private static RequestEnd completed(ServerWebExchange exchange) {
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        Integer status = sentStatus(exchange);
        if (status == null || (routed != null && routed.isBrokenOff())) {
            return new RequestEnd(FAILED, status);
        }
        return new RequestEnd(classOf(status), status);
    }

    private static RequestEnd failed(ServerWebExchange exchange, Throwable failure) {
        Integer sent = sentStatus(exchange);
        if (sent != null) {
            return new RequestEnd(FAILED, sent);
        }
        int status = ErrorHandler.status(failure);
        return new RequestEnd(classOf(status), status);
    }

    private static @Nullable Integer sentStatus(ServerWebExchange exchange) {
        ServerHttpResponse response = exchange.getResponse();
        HttpStatusCode status = response.isCommitted() ? response.getStatusCode() : null;
        return status == null ? null : (Integer) status.value();
    }

    private static String classOf(int status) {
        return status / 100 + "xx";
    }
}
