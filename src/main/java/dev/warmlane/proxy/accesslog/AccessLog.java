package dev.warmlane.proxy.accesslog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records from any thread and writes them from its own. Never blocks who adds: what comes faster than it can be written
 * is dropped and counted, and so is what cannot be written at all.
 */
public final class AccessLog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

    /** Lines are written together up to this size. */
    private static final int BATCH_BYTES = 64 * 1024;

    /**
     * How long lines are gathered once all are written: to wake a thread and call the system for each would cost more than the
     * line itself. They still come sooner where half of what may wait does.
     */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long CLOSE_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(5);

    /** Without a lock, which an event loop might have to wait for; {@link #waiting} bounds it. */
    private final Queue<AccessRecord> queue = new ConcurrentLinkedQueue<>();

    private final AtomicInteger waiting = new AtomicInteger();
    private final int queueLines;
    private final LineSink sink;
    private final AccessLine format;
    private final Thread writer = new Thread(this::write, "warmlane-access-log");
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile boolean idle;
    private boolean failing;

    /**
     * Starts writing.
     *
     * @param sink closed by this
     * @param queueLines records that may wait; at least 1
     */
    public AccessLog(LineSink sink, Pseudonyms pseudonyms, int queueLines) {
        this.sink = sink;
        this.format = new AccessLine(pseudonyms);
        this.queueLines = queueLines;
        writer.setDaemon(true);
        writer.start();
    }

    /** Notes a request that is over, unless too many wait already. */
    public void add(AccessRecord request) {
        int lines = waiting.incrementAndGet();
        if (lines > queueLines) {
            waiting.decrementAndGet();
            dropped.increment();
            return;
        }
        queue.add(request);
        if (idle || lines > queueLines / 2) {
            LockSupport.unpark(writer);
        }
    }

    /** Lines written so far. */
    public long written() {
        return written.sum();
    }

    /** Lines lost so far, because too many waited or they could not be written. */
    public long dropped() {
        return dropped.sum();
    }

    /** Writes what waits and ends; gives up after five seconds. */
    @Override
    public void close() {
        writer.interrupt();
        try {
            writer.join(CLOSE_TIMEOUT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        ByteArrayOutputStream batch = new ByteArrayOutputStream(BATCH_BYTES);
        try {
            while (!Thread.currentThread().isInterrupted()) {
                AccessRecord first = next();
                if (first != null) {
                    writeBatch(first, batch);
                    if (queue.isEmpty()) {
                        LockSupport.parkNanos(this, GATHER_NANOS);
                    }
                } else {
                    awaitRecord();
                }
            }
            // A file channel refuses to write for a thread that is interrupted.
            Thread.interrupted();
            for (AccessRecord first = next(); first != null; first = next()) {
                writeBatch(first, batch);
            }
        } finally {
            closeSink();
        }
    }

    private void awaitRecord() {
        idle = true;
        // Whoever adds from here on sees that it must wake this thread.
        if (queue.isEmpty()) {
            LockSupport.park(this);
        }
        idle = false;
    }

    private @Nullable AccessRecord next() {
        AccessRecord next = queue.poll();
        if (next != null) {
            waiting.decrementAndGet();
        }
        return next;
    }

    private void writeBatch(AccessRecord first, ByteArrayOutputStream batch) {
        batch.reset();
        int lines = 0;
        for (AccessRecord record = first; record != null; record = batch.size() < BATCH_BYTES ? next() : null) {
            format.write(record, batch);
            lines++;
        }
        try {
            sink.write(batch.toByteArray(), batch.size());
            written.add(lines);
            if (failing) {
                failing = false;
                log.info("access log: written again, {} lines lost so far", dropped());
            }
        } catch (IOException e) {
            dropped.add(lines);
            if (!failing) {
                failing = true;
                log.warn("access log: {}; lines are lost until it can be written", e.toString());
            }
        }
    }

    private void closeSink() {
        try {
            sink.close();
        } catch (IOException e) {
            log.warn("access log: {} while closing", e.toString());
        }
    }
}
