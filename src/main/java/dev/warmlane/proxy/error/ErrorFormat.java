package dev.warmlane.proxy.error;

import org.jspecify.annotations.Nullable;

/** Whose clients read an error: each of the APIs that vLLM speaks has a format of its own. */
public enum ErrorFormat {
    OPENAI,
    /** Of {@code /v1/messages}. */
    ANTHROPIC,
    /** Of {@code /cohere/v2/chat}. */
    COHERE;

    /** That of a route with this {@code api} in its metadata. */
    public static ErrorFormat ofApi(@Nullable Object api) {
        if ("messages".equals(api)) {
            return ANTHROPIC;
        }
        return "cohere".equals(api) ? COHERE : OPENAI;
    }

    /** That of a request which no route has taken, or not yet: whoever asks for such a path speaks this API. */
    public static ErrorFormat ofPath(String path) {
        if (path.startsWith("/v1/messages")) {
            return ANTHROPIC;
        }
        return path.startsWith("/cohere/") ? COHERE : OPENAI;
    }
}
