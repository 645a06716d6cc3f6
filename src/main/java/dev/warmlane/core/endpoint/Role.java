package dev.warmlane.core.endpoint;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which part of a request an endpoint computes: prompts, responses, or whole requests. */
public enum Role {
    /** Whole requests. */
    BOTH,
    /** Prompts only, whose KV blocks a decode endpoint fetches. */
    PREFILL,
    /** Responses, and where that costs less or nobody else can, their prompts as well. */
    DECODE;

    /** Whether responses may come from here. */
    public boolean decodes() {
        return this != PREFILL;
    }

    /** The name in settings, labels and endpoints, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of this name; null if there is none. {@code prefill-decode} is another name for both. */
    public static @Nullable Role of(String label) {
        return switch (label) {
            case "both", "prefill-decode" -> BOTH;
            case "prefill" -> PREFILL;
            case "decode" -> DECODE;
            default -> null;
        };
    }
}
