package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.prefix.PrefixIndex;
import java.time.Duration;

/** Memories for tests that do not look into them. */
public final class PoolMemories {
    private PoolMemories() {}

    /** One that has seen no request. */
    public static PoolMemory empty() {
        return counting(new InFlight());
    }

    /** One that has seen no request and counts in these. */
    public static PoolMemory counting(InFlight inFlight) {
        return new PoolMemory(
                new AffinityTable(100, Duration.ofHours(2), () -> 0L), new PrefixIndex(1000), 256, inFlight, 1);
    }
}
