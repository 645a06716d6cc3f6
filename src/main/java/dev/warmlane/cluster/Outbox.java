package dev.warmlane.cluster;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What waits to be sent: bounded in bytes, added to by anyone without a lock, taken by one thread. */
final class Outbox {
    private final long capacityBytes;
    private final Queue<byte[]> messages = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile @Nullable Thread taker;

    Outbox(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    /** False if there is no room; the message is then counted as dropped. */
    boolean offer(byte[] message) {
        long size = size(message);
        if (bytes.addAndGet(size) > capacityBytes) {
            bytes.addAndGet(-size);
            dropped.incrementAndGet();
            return false;
        }
        messages.add(message);
        wake();
        return true;
    }

    /** Ends the wait of the one who takes. */
    void wake() {
        if (waiting.compareAndSet(true, false)) {
            LockSupport.unpark(taker);
        }
    }

    /** Waits for a message, at most so long; may end early. Always by the same thread. */
    void await(Duration limit) {
        taker = Thread.currentThread();
        waiting.set(true);
        if (messages.isEmpty()) {
            LockSupport.parkNanos(this, limit.toNanos());
        }
        waiting.set(false);
    }

    byte @Nullable [] poll() {
        byte[] message = messages.poll();
        if (message != null) {
            bytes.addAndGet(-size(message));
        }
        return message;
    }

    /** The size of the next message, or -1 if there is none. */
    int nextLength() {
        byte[] next = messages.peek();
        return next == null ? -1 : next.length;
    }

    long dropped() {
        return dropped.get();
    }

    long bytes() {
        return bytes.get();
    }

    /** With what a queue needs for each message. */
    private static long size(byte[] message) {
        return message.length + 64L;
    }
}
