package dev.warmlane.core.affinity;

/** Where an affinity key comes from. */
public enum KeySource {
    /** A session header or cookie: one conversation. */
    SESSION("session"),
    /** A field of the request body that names a conversation, or a prompt that many share: weaker. */
    BODY_SESSION("body-session"),
    /** The client's address: weaker, since many users can share one. */
    CLIENT_IP("client-ip"),
    /** The prompt itself: nothing is bound, the prefix index is the affinity. */
    PROMPT_PREFIX("prompt-prefix"),
    /** Nothing ties the request to an endpoint. */
    NONE("none");

    private final String label;

    KeySource(String label) {
        this.label = label;
    }

    /** The name in settings, response headers and metric labels. */
    public String label() {
        return label;
    }

    /** Whether keys of this source are bound to an endpoint in the affinity table. */
    public boolean binds() {
        return this == SESSION || isShared();
    }

    /** Whether many conversations can have one key: then it ties only a prompt that goes on after one of its own. */
    public boolean isShared() {
        return this == BODY_SESSION || this == CLIENT_IP;
    }

    /** Whether settings name this source: what is in a body counts as a session, after the headers. */
    public boolean isConfigurable() {
        return this != NONE && this != BODY_SESSION;
    }

    /** @throws IllegalArgumentException if no source has this label */
    public static KeySource ofLabel(String label) {
        for (KeySource source : values()) {
            if (source.label.equals(label)) {
                return source;
            }
        }
        throw new IllegalArgumentException(
                "key source: %s (expected: session, client-ip or prompt-prefix)".formatted(label));
    }
}
