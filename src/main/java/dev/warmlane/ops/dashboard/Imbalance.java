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

    private final Deque<Map<String, Sent>> marks = new ArrayDeque<>();
    private long samples;
    private Map<String, Sent> start = Map.of();
    private Map<String, Sent> now = Map.of();

    /**
     * What was sent to an endpoint since it came.
     *
     * @param requests retries included
     * @param promptTokens of those requests
     */
    record Sent(long requests, long promptTokens) {}

    /** Takes the counts of now, once a second, of the endpoints that take their full load. */
    void add(Map<String, Sent> sent) {
        if (!sent.keySet().equals(now.keySet())) {
            marks.clear();
            samples = 0;
        }
        now = Map.copyOf(sent);
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
        long all = sum(now.values(), count) - sum(start.values(), count);
        if (sum(now.values(), Sent::requests) - sum(start.values(), Sent::requests) < ENOUGH || all <= 0) {
            return Double.NaN;
        }
        long most = 0;
        for (Map.Entry<String, Sent> each : now.entrySet()) {
            Sent before = start.getOrDefault(each.getKey(), each.getValue());
            most = Math.max(most, count.applyAsLong(each.getValue()) - count.applyAsLong(before));
        }
        return (double) most * now.size() / all;
    }

    /** The newest mark that is a minute old and has enough requests after it, else the oldest. */
    private Map<String, Sent> start() {
        Iterator<Map<String, Sent>> newestFirst = marks.descendingIterator();
        Map<String, Sent> found = now;
        for (int age = 1; newestFirst.hasNext(); age++) {
            found = newestFirst.next();
            long since = sum(now.values(), Sent::requests) - sum(found.values(), Sent::requests);
            if (age > MINUTE && since >= ENOUGH * now.size()) {
                return found;
            }
        }
        return found;
    }

    private static long sum(Collection<Sent> sent, ToLongFunction<Sent> count) {
        return sent.stream().mapToLong(count).sum();
    }
}
