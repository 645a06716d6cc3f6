package dev.warmlane.proxy.error;

import java.util.Locale;

/** What the gateway has against a client whose request it refuses, where that is not the request itself. */
public enum ClientRefusal {
    /** It has no key, or one that nobody knows. */
    UNKNOWN,
    /** It is known, and may not come in. */
    FORBIDDEN,
    /** It may not use the model, or the gateway cannot tell which one it asks for. */
    MODEL,
    /** It is past its requests of a minute. */
    REQUESTS,
    /** It is past its tokens of a minute. */
    TOKENS,
    /** The identity provider, which could say who it is, does not respond. */
    UNAVAILABLE;

    /** The name in metric labels. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
