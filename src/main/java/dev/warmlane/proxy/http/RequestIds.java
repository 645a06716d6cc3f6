package dev.warmlane.proxy.http;

import java.util.concurrent.ThreadLocalRandom;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** The id that follows a request through client, gateway and engine: the client's, or one made here. */
public final class RequestIds {
    public static final String HEADER = "x-request-id";

    /** A longer one is no id; it would stand in every log line from here to the engine. */
    private static final int MAX_CHARS = 256;

    private RequestIds() {}

    /** The id that a request brings, or a new one. */
    public static String of(ServerHttpRequest request) {
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
