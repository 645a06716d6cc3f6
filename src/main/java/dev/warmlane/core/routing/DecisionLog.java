package dev.warmlane.core.routing;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The last decisions of a pool, a fixed number of them. Writing takes no lock; what is read may miss one being written. */
public final class DecisionLog {
    private final AtomicReferenceArray<Entry> entries;
    private final AtomicLong written = new AtomicLong();
    private final InstantSource clock;

    /** A decision, when it was taken, and what came of its prediction. Safe for concurrent use. */
    public static final class Entry {
        private final Instant at;
        private final RoutingDecision decision;
        private final @Nullable Entry prefill;
        private volatile @Nullable Long deliveredTokens;
        private volatile @Nullable Integer status;
        private volatile @Nullable FailureCause failure;
        private volatile @Nullable Long firstByteNanos;

        Entry(Instant at, RoutingDecision decision, @Nullable Entry prefill) {
            this.at = at;
            this.decision = decision;
            this.prefill = prefill;
        }

        /** The entry of its prefill leg; null where it has none. */
        public @Nullable Entry prefill() {
            return prefill;
        }

        /** When it was taken. */
        public Instant at() {
            return at;
        }

        /** The decision, without the prompt. */
        public RoutingDecision decision() {
            return decision;
        }

        /** Prompt tokens that the endpoint reported as cached; null before its response is complete, or if it does not say. */
        public @Nullable Long deliveredTokens() {
            return deliveredTokens;
        }

        /** The status that the endpoint responded with; null before, and where it gave no response. */
        public @Nullable Integer status() {
            return status;
        }

        /** Why the endpoint did not serve the request; null where it did, or has not failed yet. */
        public @Nullable FailureCause failure() {
            return failure;
        }

        /** From the dispatch to the first byte of the response, in nanoseconds; null before. */
        public @Nullable Long firstByteNanos() {
            return firstByteNanos;
        }

        void responded(int code) {
            status = code;
        }

        void failed(FailureCause cause) {
            failure = cause;
        }

        void firstByte(long nanos) {
            firstByteNanos = nanos;
        }

        void delivered(UsageReport usage) {
            deliveredTokens = usage.cachedTokens();
        }
    }

    /** @param size decisions kept, at least 1 */
    public DecisionLog(int size, InstantSource clock) {
        this.entries = new AtomicReferenceArray<>(size);
        this.clock = clock;
    }

    /** An entry that is not in the log, of a prefill leg. */
    Entry entry(RoutingDecision decision, @Nullable Entry prefill) {
        return new Entry(clock.instant(), decision, prefill);
    }

    /** @param prefill of its prefill leg; null where it has none */
    Entry add(RoutingDecision decision, @Nullable Entry prefill) {
        int index = (int) (written.getAndIncrement() % entries.length());
        Entry entry = entry(decision, prefill);
        entries.set(index, entry);
        return entry;
    }

    /** All that are kept, the newest first. */
    public List<Entry> newest() {
        List<Entry> newest = new ArrayList<>(entries.length());
        long end = written.get();
        for (long i = end - 1; i >= Math.max(0, end - entries.length()); i--) {
            Entry entry = entries.get((int) (i % entries.length()));
            if (entry != null) {
                newest.add(entry);
            }
        }
        return newest;
    }
}
