package dev.warmlane.proxy.http;

import java.util.concurrent.ThreadLocalRandom;
import org.springframework.web.server.ServerWebExchange;

/** The id that follows a request through client, gateway and engine: the client's, or one made here. */
public final class RequestIds {
    public static final String HEADER = "x-request-id";

    /** A longer one is no id; it would stand in every log line from here to the engine. */
    private static final int MAX_CHARS = 256;

    private static final String ATTRIBUTE = RequestIds.class.getName();

    private RequestIds() {}

    /** The id of an exchange, the same whenever it is asked for. */
    public static String of(ServerWebExchange exchange) {
        String known = exchange.getAttribute(ATTRIBUTE);
        if (known != null) {
            return known;
        }
        String given = exchange.getRequest().getHeaders().getFirst(HEADER);
        String id = given != null && !given.isBlank() && given.length() <= MAX_CHARS ? given : random();
        exchange.getAttributes().put(ATTRIBUTE, id);
        return id;
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
