package dev.warmlane.proxy;

import dev.warmlane.routing.Delivery;
import org.jspecify.annotations.Nullable;

/**
 * How far a request has come and when, and what its answer reported. Written by whoever serves the request, read by whoever
 * sees it end; a client that leaves may make that another thread.
 */
final class Timeline {
    /** Has not happened. */
    static final long NEVER = -1;

    private final long startedNanos;
    private volatile long overheadNanos = NEVER;
    private volatile long firstByteNanos = NEVER;
    private volatile int pieces;
    private volatile @Nullable Delivery delivery;

    /** @param startedNanos when the body was read, on the clock of {@link System#nanoTime} */
    Timeline(long startedNanos) {
        this.startedNanos = startedNanos;
    }

    /** The request goes to its first endpoint; the gateway's own time until then, in nanoseconds. */
    long dispatched() {
        overheadNanos = System.nanoTime() - startedNanos;
        return overheadNanos;
    }

    /** A piece of the answer has come. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one piece after the other
    void piece() {
        if (pieces++ == 0) {
            firstByteNanos = System.nanoTime() - startedNanos;
        }
    }

    /** The answer is complete and has reported this. */
    void delivered(Delivery reported) {
        delivery = reported;
    }

    /** From the body to the first dispatch. */
    long overheadNanos() {
        return overheadNanos;
    }

    /** From the body to the first byte of the answer. */
    long firstByteNanos() {
        return firstByteNanos;
    }

    /** Pieces that the answer has come in so far; of a stream, about one for each token. */
    int pieces() {
        return pieces;
    }

    /** What the answer reported, or null. */
    @Nullable
    Delivery delivery() {
        return delivery;
    }
}
