package dev.warmlane.proxy.access;

import java.time.Duration;

/** How many requests were granted in the last minute, and up to a second more. Not thread-safe. */
final class LastMinute {
    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int SECONDS = 61;

    private final int[] bySecond = new int[SECONDS];
    private long second = Long.MIN_VALUE;
    private long count;

    long count(long nowNanos) {
        advance(nowNanos);
        return count;
    }

    void add(long requests, long nowNanos) {
        advance(nowNanos);
        int slot = slot(second);
        int most = Integer.MAX_VALUE - bySecond[slot];
        int added = (int) Math.min(requests, most);
        bySecond[slot] += added;
        count += added;
    }

    /** How long until there are fewer, in nanoseconds; 0 if there are now. */
    long waitForFewerThan(long requests, long nowNanos) {
        long left = count(nowNanos);
        for (int age = SECONDS - 1; age >= 0; age--) {
            if (left < requests) {
                return age == SECONDS - 1 ? 0 : (second - age + SECONDS - 1) * SECOND_NANOS - nowNanos;
            }
            left -= bySecond[slot(second - age)];
        }
        return SECONDS * SECOND_NANOS;
    }

    private void advance(long nowNanos) {
        long now = Math.floorDiv(nowNanos, SECOND_NANOS);
        if (second < now - SECONDS) {
            second = now - SECONDS;
        }
        while (second < now) {
            second++;
            int slot = slot(second);
            count -= bySecond[slot];
            bySecond[slot] = 0;
        }
    }

    private static int slot(long second) {
        return (int) Math.floorMod(second, (long) SECONDS);
    }
}
