package dev.warmlane.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Logs what endpoints do wrong: at most one line a second for each endpoint and failure, with the number of those left out.
 * An endpoint that dies under load fails hundreds of requests at once, all in the same way. Safe for concurrent use.
 */
final class FailureLog {
    private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_LINES = 1000;

    private final Consumer<String> log;
    private final LongSupplier nanoTime;
    private final Cache<Failure, Line> lines =
            Caffeine.newBuilder().maximumSize(MAX_LINES).build();

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    FailureLog(Consumer<String> log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
    }

    /**
     * @param what what has failed and what follows, from a closed set
     * @param reason a few words without addresses or content
     */
    void note(String endpoint, String what, String reason) {
        long now = nanoTime.getAsLong();
        Line line = lines.get(new Failure(endpoint, what, reason), failure -> new Line(now - INTERVAL_NANOS));
        int leftOut = line.next(now);
        if (leftOut == Line.LEFT_OUT) {
            return;
        }
        String text = "endpoint %s: %s: %s".formatted(endpoint, what, reason);
        log.accept(leftOut == 0 ? text : text + " (and %d times since the last such line)".formatted(leftOut));
    }

    private record Failure(String endpoint, String what, String reason) {}

    private static final class Line {
        static final int LEFT_OUT = -1;

        private long loggedNanos;
        private int leftOut;

        Line(long loggedNanos) {
            this.loggedNanos = loggedNanos;
        }

        /** How many were left out before this one, or that this one is. */
        synchronized int next(long nowNanos) {
            if (nowNanos - loggedNanos < INTERVAL_NANOS) {
                leftOut++;
                return LEFT_OUT;
            }
            loggedNanos = nowNanos;
            int before = leftOut;
            leftOut = 0;
            return before;
        }
    }
}
