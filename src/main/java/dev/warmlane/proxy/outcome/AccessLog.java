package dev.warmlane.proxy.outcome;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records from any thread; Logback queues them and writes them on one of its own, apart from the application's logging
 * and its levels. Never blocks who adds: what comes faster than it can be written is dropped and counted, and so is what cannot
 * be written at all.
 */
public final class AccessLog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

    /** Lines that reach the file together at most. */
    private static final int BATCH_LINES = 256;

    /**
     * How long lines are gathered once all are written: to wake a thread and call the system for each would cost more than the
     * line itself. They still come sooner where half of what may wait does.
     */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int CLOSE_TIMEOUT_MILLIS = 5_000;

    private final AsyncAppenderBase<AccessRecord> queue = new AsyncAppenderBase<>();

    /** Lines that are not written yet. Bounds the queue, whose {@code offer} would not say that it is full. */
    private final AtomicInteger waiting = new AtomicInteger();

    private final IntUnaryOperator oneMore;
    private final int queueLines;
    private final OutputStreamAppender<AccessRecord> target;
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile @Nullable Thread writer;

    /**
     * Starts writing.
     *
     * @param target started and stopped by this
     * @param queueLines records that may wait; at least 1
     * @throws IOException if the target cannot be opened
     */
    public AccessLog(
            OutputStreamAppender<AccessRecord> target, Pseudonyms pseudonyms, @Nullable String replica, int queueLines)
            throws IOException {
        this.target = target;
        this.queueLines = queueLines;
        this.oneMore = lines -> Math.min(lines + 1, queueLines);
        if (target.getContext() == null) {
            target.setContext(new ContextBase());
        }
        target.setEncoder(new AccessLine(pseudonyms, replica));
        target.start();
        if (!works()) {
            throw new IOException("access log: not opened");
        }
        Writer toTarget = new Writer();
        toTarget.setContext(target.getContext());
        toTarget.start();
        queue.setContext(target.getContext());
        queue.setName("warmlane-access-log");
        queue.setQueueSize(queueLines);
        queue.setNeverBlock(true);
        queue.setMaxFlushTime(CLOSE_TIMEOUT_MILLIS);
        queue.addAppender(toTarget);
        queue.start();
    }

    /** Notes a request that is over, unless too many wait already. */
    public void add(AccessRecord request) {
        int before = waiting.getAndUpdate(oneMore);
        if (before == queueLines) {
            dropped.increment();
            return;
        }
        queue.doAppend(request);
        if (before >= queueLines / 2) {
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
        queue.stop();
    }

    private boolean works() {
        return target.isStarted() && target.getOutputStream() != null;
    }

    /** Writes the queue's lines, flushes a batch of them at a time and counts it then. For the queue's thread. */
    private final class Writer extends UnsynchronizedAppenderBase<AccessRecord> {
        private int unflushed;
        private boolean failing;

        @Override
        protected void append(AccessRecord request) {
            writer = Thread.currentThread();
            unflushed++;
            boolean last = waiting.decrementAndGet() == 0;
            boolean flush = last || unflushed == BATCH_LINES;
            target.setImmediateFlush(flush);
            if (!works()) {
                target.start();
            }
            target.doAppend(request);
            if (flush || !works()) {
                count(works());
            }
            if (last) {
                LockSupport.parkNanos(this, GATHER_NANOS);
            }
        }

        private void count(boolean reached) {
            (reached ? written : dropped).add(unflushed);
            unflushed = 0;
            if (reached && failing) {
                log.info("access log: written again, {} lines lost so far", dropped());
            } else if (!reached && !failing) {
                log.warn("access log: {}; lines are lost until it can be written", lastError());
            }
            failing = !reached;
        }

        private String lastError() {
            return target.getContext().getStatusManager().getCopyOfStatusList().stream()
                    .filter(status -> status.getThrowable() != null)
                    .reduce((earlier, later) -> later)
                    .map(status -> status.getThrowable().toString())
                    .orElse("closed");
        }

        @Override
        public void stop() {
            super.stop();
            target.stop();
        }
    }

    /**
     * A file that makes room when it is full: {@code access.log} becomes {@code access.log.1}, which becomes {@code access.log.2},
     * and so on; the oldest is deleted. Appends, so that a file truncated by others goes on.
     */
    public static final class AccessLogFile extends RollingFileAppender<AccessRecord> {
        /**
         * Opened when it starts.
         *
         * @param file without {@code %}, which means something to Logback
         * @param maxBytes after which it is full; exceeded by what is buffered
         * @param keptFiles full files that are kept, at least 1
         */
        public AccessLogFile(Path file, long maxBytes, int keptFiles) {
            setContext(new ContextBase());
            setFile(file.toString());
            FixedWindowRollingPolicy numbered = new FixedWindowRollingPolicy() {
                @Override
                protected int getMaxWindowSize() {
                    return keptFiles;
                }
            };
            numbered.setContext(getContext());
            numbered.setParent(this);
            numbered.setFileNamePattern(file + ".%i");
            numbered.setMaxIndex(keptFiles);
            numbered.start();
            SizeBasedTriggeringPolicy<AccessRecord> full = new SizeBasedTriggeringPolicy<>();
            full.setContext(getContext());
            full.setMaxFileSize(new FileSize(maxBytes));
            full.setCheckIncrement(Duration.buildByMilliseconds(0));
            full.start();
            setRollingPolicy(numbered);
            setTriggeringPolicy(full);
        }

        /** A plain stream, because Logback's own would hide what could not be written, and make missing directories. */
        @Override
        public void openFile(String name) throws IOException {
            if (name.contains("%")) {
                throw new IOException(name + ": percent sign (expected: a path without)");
            }
            setOutputStream(new WholeBatches(new File(name), new FileOutputStream(name, true)));
        }
    }
}
