package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How late streams are that wait for their first token, at each endpoint. What holds up an engine besides prefill, such as a cache
 * without room for another request, shows in no count of tokens, but its streams wait for longer than they should. How long the head of
 * a queue has waited predicts well how long whoever joins it will wait (Ibrahim and Whitt, "Real-time delay estimation based on delay
 * history", Manufacturing &amp; Service Operations Management 11, 2009). Here it is the second in line: one alone may wait for something
 * of its own, such as its grammar. Has an entry for each stream that waits.
 *
 * <p>Only of this gateway's own streams. Safe for concurrent use; reading takes no lock.
 */
final class LateStreams {
    /** First tokens vary by this factor although nothing else holds them up. */
    private static final double TIMES_EXPECTED = 2;

    private static final double UNNOTICED_SECONDS = 0.25;

    /** Enough for a session to leave its cache. Where a whole pool is late, more would make all sessions leave theirs for nothing. */
    private static final double MOST_SECONDS = 2;

    private static final long NEVER = Long.MAX_VALUE;

    private final LongSupplier nanoClock;
    private final ConcurrentHashMap<EndpointId, Line> lines = new ConcurrentHashMap<>();

    /** @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime} */
    LateStreams(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * A stream is sent to an endpoint.
     *
     * @param expectedSeconds until its first token
     * @return to be run when that has come, or the stream has ended without
     */
    Runnable sent(EndpointId endpoint, double expectedSeconds) {
        double patience = TIMES_EXPECTED * expectedSeconds + UNNOTICED_SECONDS;
        Stream stream = new Stream(nanoClock.getAsLong() + (long) (patience * 1e9));
        Line line = lines.computeIfAbsent(endpoint, added -> new Line());
        line.add(stream);
        return () -> line.remove(stream);
    }

    /** By how much the second of those that wait there is late, in seconds, in [0, 2]; 0 where at most one waits. */
    double seconds(EndpointId endpoint) {
        Line line = lines.get(endpoint);
        long due = line == null ? NEVER : line.secondDueNanos;
        double late = due == NEVER ? 0 : (nanoClock.getAsLong() - due) / 1e9;
        return Math.max(0, Math.min(MOST_SECONDS, late));
    }

    /** The endpoint left for good. */
    void retire(EndpointId endpoint) {
        lines.remove(endpoint);
    }

    /** Compared by identity. */
    private static final class Stream {
        private final long dueNanos;

        Stream(long dueNanos) {
            this.dueNanos = dueNanos;
        }
    }

    /** Those that wait at one endpoint, as they were sent. */
    private static final class Line {
        private final Set<Stream> waiting = new LinkedHashSet<>();
        private volatile long secondDueNanos = NEVER;

        synchronized void add(Stream stream) {
            waiting.add(stream);
            if (waiting.size() == 2) {
                secondDueNanos = stream.dueNanos;
            }
        }

        synchronized void remove(Stream stream) {
            waiting.remove(stream);
            Iterator<Stream> each = waiting.iterator();
            if (waiting.size() < 2) {
                secondDueNanos = NEVER;
            } else {
                each.next();
                secondDueNanos = each.next().dueNanos;
            }
        }
    }
}
