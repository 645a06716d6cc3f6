package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.Arguments;
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
        Arguments.atLeast("adapter slots", slots, 0);
        Arguments.check(!loading.isNegative(), "adapter loading", loading.toMillis() + " ms", ">= 0");
    }

    long loadNanos() {
        return loading.toNanos();
    }
}
