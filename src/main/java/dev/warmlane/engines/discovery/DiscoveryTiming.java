package dev.warmlane.engines.discovery;

import java.time.Duration;

/**
 * How often discovery looks again. All are positive.
 *
 * @param resync how often the endpoints are computed again from what the watch has brought; at least one second
 * @param check time from one list that checks the watch to the next; a silent watch is replaced after at most two
 * @param listTimeout how long such a list may take
 */
public record DiscoveryTiming(Duration resync, Duration check, Duration listTimeout) {
    public static final DiscoveryTiming DEFAULT =
            new DiscoveryTiming(Duration.ofMinutes(5), Duration.ofSeconds(30), Duration.ofSeconds(10));

    /** @throws IllegalArgumentException if one of them is too short */
    public DiscoveryTiming {
        requireAtLeast("resync", resync, Duration.ofSeconds(1));
        requireAtLeast("check", check, Duration.ofMillis(1));
        requireAtLeast("list timeout", listTimeout, Duration.ofMillis(1));
    }

    private static void requireAtLeast(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException("%s: %s (expected: >= %s)".formatted(name, value, least));
        }
    }
}
