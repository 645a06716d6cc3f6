package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that stands until it is moved on, and what is to happen at its times. Not thread-safe. */
final class VirtualTime implements Ticker {
    /** No event is left. */
    static final long NEVER = Long.MAX_VALUE;

    private record Event(long nanos, long order, Runnable action) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::nanos).thenComparingLong(Event::order));
    private long nowNanos;
    private long scheduled;

    long now() {
        return nowNanos;
    }

    /** The same clock, for tables that expire. */
    @Override
    public long read() {
        return nowNanos;
    }

    /** Lets something happen; of events at the same time the one scheduled first happens first. */
    void at(long nanos, Runnable action) {
        events.add(new Event(nanos, scheduled++, action));
    }

    /** The time of the next event, or {@link #NEVER}. */
    long next() {
        Event next = events.peek();
        return next == null ? NEVER : next.nanos();
    }

    /** Moves the clock to a time that is not after the next event's. */
    void moveTo(long nanos) {
        nowNanos = nanos;
    }

    /** Moves to the next event and lets it happen. */
    void runNext() {
        Event next = events.remove();
        nowNanos = next.nanos();
        next.action().run();
    }

    static long nanos(double seconds) {
        return Math.round(seconds * 1e9);
    }
}
