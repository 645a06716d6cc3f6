package dev.warmlane.proxy.access;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket that holds one minute's worth and fills evenly. Safe for concurrent use without locks.
 *
 * <p>Implementation notes: as in the generic cell rate algorithm (ITU-T I.371, annex A, "virtual scheduling") the only state
 * is the time at which the bucket will be full again; each token taken moves it on by what one token takes to come back.
 * Unlike there, what was taken can be corrected afterwards, so the bucket can owe tokens, up to {@link #MAX_DEBT_NANOS}.
 */
final class TokenBucket {
    /** The most that one correction or one oversized request can keep a client out. */
    static final long MAX_DEBT_NANOS = 3_600_000_000_000L;

    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final double nanosPerToken;
    private final AtomicLong fullAt;

    /** @param perMinute tokens that come back in a minute, and the most that it holds; at least 1 */
    TokenBucket(long perMinute, long nowNanos) {
        this.nanosPerToken = (double) MINUTE_NANOS / perMinute;
        this.fullAt = new AtomicLong(nowNanos);
    }

    /**
     * Takes tokens if they are there. More than the bucket holds are given when it is full, and owed.
     *
     * @return 0 if they were taken, else how long to wait until they could be, in nanoseconds
     */
    long take(long tokens, long nowNanos) {
        long needed = nanos(tokens);
        while (true) {
            long before = fullAt.get();
            long missing = Math.max(0, before - nowNanos);
            long wait = wait(missing, needed);
            if (wait > 0) {
                return wait;
            }
            if (fullAt.compareAndSet(before, nowNanos + missing + needed)) {
                return 0;
            }
        }
    }

    /** The most tokens that can be owed. */
    long most() {
        return (long) (MAX_DEBT_NANOS / nanosPerToken);
    }

    /** What {@link #take} would return now; takes nothing. */
    long waitFor(long tokens, long nowNanos) {
        return Math.max(0, wait(missingNanos(nowNanos), nanos(tokens)));
    }

    /** Tokens that are there; negative where some are owed. */
    double left(long nowNanos) {
        return (MINUTE_NANOS - missingNanos(nowNanos)) / nanosPerToken;
    }

    /** Tokens that have yet to come back. */
    long missing(long nowNanos) {
        return (long) Math.ceil(missingNanos(nowNanos) / nanosPerToken);
    }

    /** Takes as many that so many are missing, unless more are already. */
    void takeDownTo(long missing, long nowNanos) {
        fullAt.accumulateAndGet(nowNanos + Math.max(0, nanos(missing)), Math::max);
    }

    private static long wait(long missing, long needed) {
        return Math.min(missing, missing + needed - MINUTE_NANOS);
    }

    private long missingNanos(long nowNanos) {
        return Math.max(0, fullAt.get() - nowNanos);
    }

    /** Takes more tokens than were foreseen, or gives some back; without asking. */
    void correct(long tokens, long nowNanos) {
        fullAt.updateAndGet(before -> {
            long missing = Math.max(0, before - nowNanos);
            return nowNanos + Math.max(0, Math.min(missing + nanos(tokens), MAX_DEBT_NANOS));
        });
    }

    private long nanos(long tokens) {
        double nanos = tokens * nanosPerToken;
        return (long) Math.max(-MAX_DEBT_NANOS, Math.min(nanos, MAX_DEBT_NANOS));
    }
}
