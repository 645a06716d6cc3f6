package dev.warmlane.core.routing;

import java.util.Locale;

/** What a decision did with the affinity of its request. */
public enum Outcome {
    /** Went where it was bound. */
    BOUND,
    /** First placement. */
    PLACED,
    /** Bound anew: its endpoint is gone or cannot take it. */
    MOVED,
    /** Went elsewhere this once; the binding stays. */
    SPILLED;

    /** The name in response headers and metric labels. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
