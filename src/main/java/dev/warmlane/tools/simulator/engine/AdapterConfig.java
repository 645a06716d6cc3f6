package dev.warmlane.tools.simulator.engine;

import java.time.Duration;

/**
 * How an engine keeps LoRA adapters.
 *
 * @param slots adapters that it holds at a time; 0 if it says nothing of them, and they cost nothing
 * @param loading how long loading one takes; not negative
 */
public record AdapterConfig(int slots, Duration loading) {
    /** Adapters that cost nothing. */
    public static final AdapterConfig NONE = new AdapterConfig(0, Duration.ZERO);

    public AdapterConfig {
        if (slots < 0) {
            throw new IllegalArgumentException("adapter slots: %d (expected: >= 0)".formatted(slots));
        }
        if (loading.isNegative()) {
            throw new IllegalArgumentException("adapter loading: %d ms (expected: >= 0)".formatted(loading.toMillis()));
        }
    }

    long loadNanos() {
        return loading.toNanos();
    }
}
