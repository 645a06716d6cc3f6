package dev.warmlane.cluster.jgroups;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Lets one line a minute into the log, and counts the others. Safe for concurrent use. */
final class OncePerMinute {
    /** What {@link #permit} says when nothing may be logged. */
    static final long NOT_NOW = -1;

    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoClock;
    private final AtomicLong next;
    private final AtomicLong suppressed = new AtomicLong();

    OncePerMinute(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.next = new AtomicLong(nanoClock.getAsLong());
    }

    /** How many lines were suppressed since the last one if this one may be logged, else {@link #NOT_NOW}. */
    long permit() {
        long now = nanoClock.getAsLong();
        long due = next.get();
        if (now - due >= 0 && next.compareAndSet(due, now + MINUTE_NANOS)) {
            return suppressed.getAndSet(0);
        }
        suppressed.incrementAndGet();
        return NOT_NOW;
    }
}
