package dev.warmlane.proxy;

import dev.warmlane.core.routing.UsageReport;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How far a request has come and when, and what its response reported. Written by whoever serves the request, read by whoever
 * sees it end; a client that leaves may make that another thread.
 */
final class Timeline {
    /** Has not happened. */
    static final long NEVER = -1;

    private final long startedNanos;
    private volatile long overheadNanos = NEVER;
    private volatile long firstByteNanos = NEVER;
    private volatile int pieces;
    private volatile long lastPieceNanos;
    private volatile @Nullable Timer gaps;
    private volatile @Nullable UsageReport delivery;

    /** @param startedNanos when the body was read, on the clock of {@link System#nanoTime} */
    Timeline(long startedNanos) {
        this.startedNanos = startedNanos;
    }

    /** The request goes to its first endpoint; the gateway's own time until then, in nanoseconds. */
    long dispatched() {
        overheadNanos = System.nanoTime() - startedNanos;
        return overheadNanos;
    }

    /** The response is a stream: what passes between two of its pieces is recorded. */
    void streams(Timer pieceGaps) {
        gaps = pieceGaps;
    }

    /** A chunk of the response has come. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one piece after the other
    void piece() {
        long now = System.nanoTime();
        Timer recorder = gaps;
        if (pieces++ == 0) {
            firstByteNanos = now - startedNanos;
        } else if (recorder != null) {
            recorder.record(now - lastPieceNanos, TimeUnit.NANOSECONDS);
        }
        lastPieceNanos = now;
    }

    /** The response is complete and has reported this. */
    void delivered(UsageReport reported) {
        delivery = reported;
    }

    /** From the body until now. */
    long ageNanos() {
        return System.nanoTime() - startedNanos;
    }

    /** From the body to the first dispatch. */
    long overheadNanos() {
        return overheadNanos;
    }

    /** From the body to the first byte of the response. */
    long firstByteNanos() {
        return firstByteNanos;
    }

    /** Pieces that the response has come in so far; of a stream, about one for each token. */
    int pieces() {
        return pieces;
    }

    /** What the response reported, or null. */
    @Nullable
    UsageReport delivery() {
        return delivery;
    }
}
