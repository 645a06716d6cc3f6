package dev.warmlane.ops.dashboard;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * How much more the busiest endpoint of a pool gets than the mean, over the last minute or, where that has too few requests to
 * say, up to ten. Endpoints that come or go begin it anew, because who was there for less of the time got less. For one thread.
 */
final class Imbalance {
    private static final int SPACING = 10;
    private static final int MINUTE = 60 / SPACING;
    private static final int MARKS = 10 * MINUTE;

    /** Requests an endpoint that make chance small. */
    private static final long ENOUGH = 20;

    private final Deque<Mark> marks = new ArrayDeque<>();
    private long samples;
    private Mark start = new Mark(Map.of(), 0);
    private Mark now = start;

    /**
     * What was sent to an endpoint since it came.
     *
     * @param requests retries included
     * @param promptTokens of those requests
     */
    record Sent(long requests, long promptTokens) {}

    /**
     * The counts of one moment.
     *
     * @param requests of all endpoints
     */
    private record Mark(Map<String, Sent> sent, long requests) {
        static Mark of(Map<String, Sent> sent) {
            return new Mark(Map.copyOf(sent), sum(sent.values(), Sent::requests));
        }
    }

    /** Takes the counts of now, once a second, of the endpoints that take their full load. */
    void add(Map<String, Sent> sent) {
        if (!sent.keySet().equals(now.sent.keySet())) {
            marks.clear();
            samples = 0;
        }
        now = Mark.of(sent);
        start = start();
        if (samples++ % SPACING == 0) {
            marks.addLast(now);
            if (marks.size() > MARKS) {
                marks.removeFirst();
            }
        }
    }

    /** Requests of the busiest endpoint over the mean, at least 1; NaN where there were too few. */
    double ofRequests() {
        return of(Sent::requests);
    }

    /** Prompt tokens of the busiest endpoint over the mean, at least 1; NaN where there were too few requests. */
    double ofPromptTokens() {
        return of(Sent::promptTokens);
    }

    private double of(ToLongFunction<Sent> count) {
        if (now.requests - start.requests < ENOUGH) {
            return Double.NaN;
        }
        long all = sum(now.sent.values(), count) - sum(start.sent.values(), count);
        if (all <= 0) {
            return Double.NaN;
        }
        long most = 0;
        for (Map.Entry<String, Sent> each : now.sent.entrySet()) {
            Sent before = start.sent.getOrDefault(each.getKey(), each.getValue());
            most = Math.max(most, count.applyAsLong(each.getValue()) - count.applyAsLong(before));
        }
        return (double) most * now.sent.size() / all;
    }

    /** The newest mark that is a minute old and has enough requests after it, else the oldest. */
    private Mark start() {
        Iterator<Mark> newestFirst = marks.descendingIterator();
        Mark found = now;
        for (int age = 1; newestFirst.hasNext(); age++) {
            found = newestFirst.next();
            if (age > MINUTE && now.requests - found.requests >= ENOUGH * now.sent.size()) {
                return found;
            }
        }
        return found;
    }

    private static long sum(Collection<Sent> sent, ToLongFunction<Sent> count) {
        return sent.stream().mapToLong(count).sum();
    }
}
