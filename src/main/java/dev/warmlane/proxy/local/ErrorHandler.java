package dev.warmlane.proxy.local;

import dev.warmlane.core.log.LogRateLimit;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ErrorJson;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.RequestOutcome;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/** Gives every request that fails before its response an error in its API's format. Before Spring Boot's own handler. */
public final class ErrorHandler implements WebExceptionHandler, Ordered {
    private static final Logger log = LoggerFactory.getLogger(ErrorHandler.class);

    private final LogRateLimit upstreamFailures = new LogRateLimit(1, Duration.ofSeconds(1), System::nanoTime);

    @Override
    public int getOrder() {
        return -2;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(failure);
        }
        if (failure instanceof IOException) {
            noteUpstream(failure);
        } else if (!isExpected(failure)) {
            log.error("request failed unexpectedly", failure);
        }
        ApiException error = ApiException.of(failure);
        response.setStatusCode(error.status());
        HttpHeaders headers = response.getHeaders();
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        headers.setContentType(MediaType.APPLICATION_JSON);
        String requestId = requestId(exchange);
        headers.set(RequestIds.HEADER, requestId);
        if (error.status() == HttpStatus.UNAUTHORIZED && !headers.containsHeader(HttpHeaders.WWW_AUTHENTICATE)) {
            headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        error.headers().forEach(headers::set);
        byte[] body = ErrorJson.body(error, RouteTraits.errorFormat(exchange), requestId);
        headers.setContentLength(body.length);
        DataBuffer buffer = response.bufferFactory().wrap(body);
        return response.writeWith(Mono.just(buffer));
    }

    /** One that is gone fails every request of its route. */
    private void noteUpstream(Throwable failure) {
        int leftOut = upstreamFailures.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            String reason = EngineFailure.of(failure).reason();
            log.warn(LogRateLimit.text("the upstream of a route without a pool failed: " + reason, leftOut));
        }
    }

    private static String requestId(ServerWebExchange exchange) {
        RequestOutcome outcome = RequestOutcome.find(exchange);
        return outcome == null ? RequestIds.of(exchange.getRequest()) : outcome.requestId();
    }

    private static boolean isExpected(Throwable failure) {
        return failure instanceof ApiException
                || failure instanceof AbortedException
                || failure instanceof ErrorResponse;
    }
}
