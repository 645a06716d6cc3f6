package dev.warmlane.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many retries of one pool may be under way: a share of its active requests, but always a few. Keeps retries from
 * burying endpoints that struggle; the rule is Envoy's retry budget. Safe for concurrent use.
 */
final class RetryBudget {
    private final double share;
    private final int least;
    private final AtomicInteger activeRequests = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();

    /**
     * @param share of the active requests, 0 to 1
     * @param least retries that are always allowed
     */
    RetryBudget(double share, int least) {
        this.share = share;
        this.least = least;
    }

    void requestBegan() {
        activeRequests.incrementAndGet();
    }

    void requestEnded() {
        activeRequests.decrementAndGet();
    }

    /** Counts one more retry if there is room for it. Whoever gets true calls {@link #release} once. */
    boolean tryAcquire() {
        int most = Math.max(least, (int) (share * activeRequests.get()));
        int current = retries.get();
        while (current < most) {
            if (retries.compareAndSet(current, current + 1)) {
                return true;
            }
            current = retries.get();
        }
        return false;
    }

    void release() {
        retries.decrementAndGet();
    }
}
