package dev.warmlane.core.affinity;

/** Where an affinity key comes from. */
public enum KeySource {
    /** A session header or cookie: one conversation. */
    SESSION("session"),
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
        return this == SESSION || this == CLIENT_IP;
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
