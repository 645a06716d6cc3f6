package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Memories for tests in which no time passes, unless they have a clock. */
public final class PoolMemories {
    private PoolMemories() {}

    /** One that has seen no request. */
    public static PoolMemory empty() {
        return counting(new InFlight());
    }

    /** One that has seen no request and counts in these. */
    public static PoolMemory counting(InFlight inFlight) {
        return of(new AffinityTable(100, Duration.ofHours(2), () -> 0L), new PrefixIndex(1000), 256, inFlight);
    }

    /** One of a gateway that has no other replicas. */
    public static PoolMemory of(Bindings bindings, PredictedContents contents, int blockSizeBytes, InFlight inFlight) {
        return of(bindings, contents, blockSizeBytes, inFlight, () -> 0);
    }

    /** The same where time passes by this clock, in nanoseconds. */
    public static PoolMemory of(
            Bindings bindings,
            PredictedContents contents,
            int blockSizeBytes,
            InFlight inFlight,
            LongSupplier nanoClock) {
        return new PoolMemory(bindings, contents, blockSizeBytes, inFlight, ReplicaLoad.NONE, 1, nanoClock);
    }
}
