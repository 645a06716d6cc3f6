package dev.warmlane.routing;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The last decisions of a pool, a fixed number of them. Writing takes no lock; what is read may miss one being written. */
public final class DecisionLog {
    private final AtomicReferenceArray<Entry> entries;
    private final AtomicLong written = new AtomicLong();
    private final InstantSource clock;

    /**
     * A decision and when it was taken.
     *
     * @param at when
     * @param decision what was decided
     */
    public record Entry(Instant at, RoutingDecision decision) {}

    /** @param size decisions kept, at least 1 */
    public DecisionLog(int size, InstantSource clock) {
        this.entries = new AtomicReferenceArray<>(size);
        this.clock = clock;
    }

    void add(RoutingDecision decision) {
        int index = (int) (written.getAndIncrement() % entries.length());
        entries.set(index, new Entry(clock.instant(), decision));
    }

    /** The newest first, at most so many. */
    public List<Entry> newest(int limit) {
        List<Entry> newest = new ArrayList<>();
        long end = written.get();
        for (long i = end - 1; i >= Math.max(0, end - entries.length()) && newest.size() < limit; i--) {
            Entry entry = entries.get((int) (i % entries.length()));
            if (entry != null) {
                newest.add(entry);
            }
        }
        return newest;
    }
}
