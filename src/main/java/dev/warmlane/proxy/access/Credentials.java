package dev.warmlane.proxy.access;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/** Where clients put their key or token: {@code Authorization: Bearer}, or Anthropic's header on Anthropic's paths. */
public final class Credentials {
    /** Anthropic's header. */
    public static final String API_KEY_HEADER = "x-api-key";

    private static final String BEARER = "Bearer ";
    private static final String ANTHROPIC_PATH = "/v1/messages";

    private Credentials() {}

    /** The credential of a request; null if it has none, or several, of which none could be preferred. */
    public static @Nullable String of(HttpHeaders headers, String path) {
        List<String> authorization = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
        if (authorization.size() > 1) {
            return null;
        }
        if (authorization.size() == 1) {
            return bearer(authorization.get(0));
        }
        List<String> apiKeys = path.startsWith(ANTHROPIC_PATH) ? headers.getOrEmpty(API_KEY_HEADER) : List.of();
        return apiKeys.size() == 1 ? apiKeys.get(0) : null;
    }

    private static @Nullable String bearer(String value) {
        if (!value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        String credential = value.substring(BEARER.length()).strip();
        return credential.isEmpty() ? null : credential;
    }
}
