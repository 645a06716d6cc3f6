package dev.warmlane.proxy.outcome;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.warmlane.core.log.Counted;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.AccessRecord.End;
import dev.warmlane.proxy.outcome.AccessRecord.Received;
import dev.warmlane.proxy.outcome.AccessRecord.Response;
import dev.warmlane.proxy.outcome.AccessRecord.Routing;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import dev.warmlane.proxy.outcome.RequestProgress.LoggedRequest;
import dev.warmlane.settings.PoolSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/**
 * Logs every request of the public port when it is over: served, refused, failed or left by its client. Records come from any
 * thread; Logback queues them and writes them on one of its own, apart from the application's logging and its levels. Adding never
 * blocks: what comes faster than it can be written is dropped and counted, and so is what cannot be written at all.
 */
public final class AccessLog implements OutcomeListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

    private static final String EVENT_STREAM = "text/event-stream";

    /** Lines that reach the file together at most. */
    private static final int BATCH_LINES = 256;

    /**
     * How long lines are gathered once all are written: waking a thread and a system call for each line would cost more than the
     * line itself. Sooner if the queue is half full.
     */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How long nothing may be lost until the target is said to work again: where a disk is full, short lines still fit at times. */
    private static final long RECOVERY_MILLIS = 60_000;

    private final AsyncAppenderBase<AccessRecord> queue = new AsyncAppenderBase<>();

    /** Lines that are not written yet. Bounds the queue, whose {@code offer} would not say that it is full. */
    private final AtomicInteger waiting = new AtomicInteger();

    private final IntUnaryOperator oneMore;
    private final int queueLines;
    private final InstantSource clock;
    private final OutputStreamAppender<AccessRecord> target;
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile @Nullable Thread writer;

    /**
     * Starts writing.
     *
     * @param target started and stopped by this
     * @param queueLines records that may wait; at least 1
     * @param closeLimit how long {@link #close} waits for what is not written yet, at least a millisecond
     * @param clock for the times at which requests came
     * @throws IOException if the target cannot be opened
     */
    public AccessLog(
            OutputStreamAppender<AccessRecord> target,
            Pseudonyms pseudonyms,
            @Nullable String replica,
            int queueLines,
            Duration closeLimit,
            InstantSource clock)
            throws IOException {
        this.target = target;
        this.queueLines = queueLines;
        this.clock = clock;
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
        queue.setMaxFlushTime((int) Math.max(1, Math.min(Integer.MAX_VALUE, closeLimit.toMillis())));
        queue.addAppender(toTarget);
        queue.start();
    }

    @Override
    public void ended(RequestOutcome outcome) {
        add(record(outcome));
    }

    @Override
    public void malformed(String requestId, ApiException error) {
        int status = error.status().value();
        End end = new End(Result.ofStatus(status).label(), status, error.code());
        add(new AccessRecord(clock.millis(), requestId, end, null));
    }

    /** Notes a request that is over, unless too many wait already. */
    void add(AccessRecord request) {
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

    /** Writes what waits and ends; gives up at the limit. */
    @Override
    public void close() {
        queue.stop();
    }

    private boolean works() {
        return target.isStarted() && target.getOutputStream() != null;
    }

    private AccessRecord record(RequestOutcome outcome) {
        ServerWebExchange exchange = outcome.exchange();
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        Identity identity = exchange.getAttribute(Identity.ATTRIBUTE);
        RequestProgress progress = outcome.progress();
        LoggedRequest logged = progress == null ? null : progress.logged();
        return new AccessRecord(
                clock.millis() - TimeUnit.NANOSECONDS.toMillis(outcome.durationNanos()),
                outcome.requestId(),
                new End(outcome.result().label(), outcome.status(), outcome.errorCode()),
                new Received(
                        identity == null ? null : identity.name(),
                        route == null ? null : route.getId(),
                        outcome.pool().equals(PoolSettings.NO_POOL) ? null : outcome.pool(),
                        outcome.askedModel(),
                        Objects.equals(outcome.model(), outcome.askedModel()) ? null : outcome.model(),
                        outcome.traceId(),
                        logged == null ? null : logged.prompt(),
                        progress == null ? null : progress.key(),
                        progress == null ? null : routing(progress),
                        progress == null ? Response.NONE : response(exchange, progress, logged),
                        outcome.durationNanos()));
    }

    private static @Nullable Routing routing(RequestProgress progress) {
        RoutingDecision decision = progress.decision();
        return decision == null
                ? null
                : new Routing(
                        decision.endpoint().name(),
                        decision.source().label(),
                        decision.outcome().label(),
                        progress.failed().stream()
                                .map(attempt -> new AccessRecord.Failed(attempt.endpoint(), attempt.cause()))
                                .toList(),
                        progress.retries(),
                        decision.predictedTokens(progress.usage()),
                        progress.overheadNanos());
    }

    private static Response response(
            ServerWebExchange exchange, RequestProgress progress, @Nullable LoggedRequest logged) {
        Long firstByte = progress.firstByteNanos() == RequestProgress.NEVER ? null : (Long) progress.firstByteNanos();
        UsageReport usage = progress.usage();
        return usage != null
                ? new Response(usage.promptTokens(), usage.outputTokens(), usage.cachedTokens(), firstByte)
                : new Response(estimatedTokens(progress, logged), streamedChunks(exchange, progress), null, firstByte);
    }

    private static @Nullable Long estimatedTokens(RequestProgress progress, @Nullable LoggedRequest logged) {
        if (logged == null || logged.promptTokens() == 0) {
            return null;
        }
        RoutingDecision decision = progress.decision();
        long estimate = decision == null ? 0 : decision.promptTokens();
        return estimate > 0 ? estimate : logged.promptTokens();
    }

    private static @Nullable Long streamedChunks(ServerWebExchange exchange, RequestProgress progress) {
        // Not parsed: what an engine says of its content may be no type at all.
        String type = exchange.getResponse().getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
        boolean stream = type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
        return stream ? (Long) (long) progress.chunks() : null;
    }

    /** Writes the queue's lines, flushes a batch of them at a time and counts it then. For the queue's thread. */
    private final class Writer extends UnsynchronizedAppenderBase<AccessRecord> {
        private int unflushed;
        private boolean failing;
        private long lostMillis;

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
            if (!reached) {
                if (!failing) {
                    log.warn("access log: {}; lines are lost until it can be written", lastError());
                }
                failing = true;
                lostMillis = clock.millis();
            } else if (failing && clock.millis() - lostMillis >= RECOVERY_MILLIS) {
                failing = false;
                log.info("access log: written again, {} lost so far", Counted.of(dropped(), "line"));
            }
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
}
