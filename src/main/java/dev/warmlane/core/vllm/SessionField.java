package dev.warmlane.core.vllm;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Members of a request body that clients put the id of a conversation into. */
public enum SessionField {
    SESSION_ID("session_id"),
    METADATA_SESSION_ID("metadata.session_id"),
    VLLM_XARGS_SESSION_ID("vllm_xargs.session_id"),
    PROMPT_CACHE_KEY("prompt_cache_key"),
    /** Claude Code's: a user, an account and a session in one text. Without a session it names a user alone, and does not count. */
    METADATA_USER_ID("metadata.user_id");

    private static final String SESSION_PART = "_session_";
    private static final String SESSION_MEMBER = "\"session_id\":\"";

    private final String path;

    SessionField(String path) {
        this.path = path;
    }

    /** Its names from the top of the body, joined by dots. */
    public String path() {
        return path;
    }

    /** @throws IllegalArgumentException if no field has this path */
    public static SessionField ofPath(String path) {
        return Arrays.stream(values())
                .filter(field -> field.path.equals(path))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "session field: %s (expected: one of %s)".formatted(path, paths())));
    }

    /** All paths, for messages. */
    public static String paths() {
        return Arrays.stream(values()).map(SessionField::path).collect(Collectors.joining(", "));
    }

    /** The session that its text names; null if it names none. */
    @Nullable
    String session(String text) {
        if (text.isBlank()) {
            return null;
        }
        if (this != METADATA_USER_ID) {
            return text;
        }
        int part = text.lastIndexOf(SESSION_PART);
        if (part >= 0) {
            String session = text.substring(part + SESSION_PART.length());
            return session.isBlank() ? null : session;
        }
        String compact = text.replace(" ", "");
        int member = compact.indexOf(SESSION_MEMBER);
        int end = member < 0 ? -1 : compact.indexOf('"', member + SESSION_MEMBER.length());
        return end <= member + SESSION_MEMBER.length()
                ? null
                : compact.substring(member + SESSION_MEMBER.length(), end);
    }
}
