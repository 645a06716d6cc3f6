package dev.warmlane.proxy;

import java.util.concurrent.ThreadLocalRandom;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** The id that follows a request through client, gateway and engine: the client's, or one made here. */
final class RequestIds {
    static final String HEADER = "x-request-id";

    /** A longer one is no id; it would stand in every log line from here to the engine. */
    private static final int MAX_CHARS = 256;

    private RequestIds() {}

    /** The id of an exchange: the one its endpoint saw, if it has come that far. */
    static String of(ServerWebExchange exchange) {
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        return routed != null ? routed.requestId() : of(exchange.getRequest());
    }

    static String of(ServerHttpRequest request) {
        String given = request.getHeaders().getFirst(HEADER);
        return given != null && !given.isBlank() && given.length() <= MAX_CHARS ? given : random();
    }

    /** 128 random bits; they name a request and protect nothing, so a fast source does. */
    static String random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        StringBuilder hex = new StringBuilder(32);
        for (int i = 0; i < 4; i++) {
            String part = Integer.toHexString(random.nextInt());
            hex.append("0".repeat(8 - part.length())).append(part);
        }
        return hex.toString();
    }
}
