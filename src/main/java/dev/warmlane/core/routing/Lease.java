package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One request's share of an endpoint's load. Ends on complete, error and cancel alike; every transition happens once however
 * often it is asked for, from whatever thread.
 */
public final class Lease {
    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final int CLOSED = 2;

    private static final AtomicLongFieldUpdater<Lease> MORE =
            AtomicLongFieldUpdater.newUpdater(Lease.class, "moreTokens");

    private final InFlight inFlight;
    private final EndpointId endpoint;
    private final InFlight.Counters counters;
    private final long promptTokens;
    private final long uncachedTokens;
    /** What is to be computed besides, until somebody takes it back. */
    private volatile long moreTokens;

    private @Nullable Runnable onClose;
    private final AtomicInteger phase = new AtomicInteger(PREFILL);

    Lease(InFlight inFlight, EndpointId endpoint, InFlight.Counters counters, long promptTokens, long uncachedTokens) {
        this.inFlight = inFlight;
        this.endpoint = endpoint;
        this.counters = counters;
        this.promptTokens = promptTokens;
        this.uncachedTokens = uncachedTokens;
    }

    /** Has this run when it is closed. To be called before it is handed out. */
    void onClose(Runnable listener) {
        onClose = listener;
    }

    /** There are more tokens to compute before the first byte than was thought; without meaning after it. */
    void computes(long tokens) {
        counters.prefillTokens.addAndGet(tokens);
        MORE.addAndGet(this, tokens);
        if (phase.get() != PREFILL) {
            // Whoever ended the prefill may not have seen them.
            takeBackMore();
        }
        inFlight.changed();
    }

    private void takeBackMore() {
        if (moreTokens != 0) {
            counters.prefillTokens.addAndGet(-MORE.getAndSet(this, 0));
        }
    }

    /** The first byte has come back: the prefill is done, the request still runs. Returns whether that is news. */
    public boolean firstByte() {
        if (!phase.compareAndSet(PREFILL, DECODE)) {
            return false;
        }
        counters.prefillTokens.addAndGet(-uncachedTokens);
        takeBackMore();
        inFlight.changed();
        return true;
    }

    /** The request is over: whatever is still held is returned. Returns whether it ended before its first byte. */
    public boolean close() {
        int before = phase.getAndSet(CLOSED);
        if (before == CLOSED) {
            return false;
        }
        if (before == PREFILL) {
            counters.prefillTokens.addAndGet(-uncachedTokens);
            takeBackMore();
        }
        counters.promptTokens.addAndGet(-promptTokens);
        if (onClose != null) {
            onClose.run();
        }
        inFlight.closed(endpoint, counters);
        return before == PREFILL;
    }
}
