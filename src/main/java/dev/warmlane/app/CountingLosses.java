package dev.warmlane.app;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says at most once a minute that spans are lost, in a line, where OpenTelemetry logs a stack trace each time. Waits for no
 * collector any more once it is told to: OpenTelemetry tries again and again while the process waits to end, and from Java 21 on
 * its HTTP client closes only when the last response has come. Safe for concurrent use.
 */
final class CountingLosses implements SpanExporter {
    private static final Logger log = LoggerFactory.getLogger(CountingLosses.class);
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final SpanExporter exporter;
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong nextLineNanos = new AtomicLong(System.nanoTime());
    /** What OpenTelemetry waits for. */
    private final Set<CompletableResultCode> underWay = ConcurrentHashMap.newKeySet();

    private volatile boolean givenUp;

    /** Who closes the exporter; under the lock. */
    private @Nullable Thread closing;

    CountingLosses(SpanExporter exporter) {
        this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        CompletableResultCode told = new CompletableResultCode();
        underWay.add(told);
        told.whenComplete(() -> {
            underWay.remove(told);
            if (!told.isSuccess()) {
                lost(spans.size(), told.getFailureThrowable());
            }
        });
        if (givenUp) {
            told.failExceptionally(ending());
            return told;
        }
        CompletableResultCode sent = exporter.export(spans);
        sent.whenComplete(() -> {
            if (sent.isSuccess()) {
                told.succeed();
            } else {
                Throwable why = sent.getFailureThrowable();
                told.failExceptionally(why == null ? new IOException("refused") : why);
            }
        });
        return told;
    }

    private static Throwable ending() {
        return new CancellationException("the gateway ends");
    }

    /** Ends all waits for the collector, and those to come. */
    void giveUp() {
        synchronized (this) {
            givenUp = true;
            if (closing != null) {
                closing.interrupt();
            }
        }
        underWay.forEach(waiting -> waiting.failExceptionally(ending()));
    }

    private void lost(int spans, @Nullable Throwable why) {
        lost.addAndGet(spans);
        long next = nextLineNanos.get();
        long now = System.nanoTime();
        if (now - next >= 0 && nextLineNanos.compareAndSet(next, now + MINUTE_NANOS)) {
            log.warn("spans: {} not taken by the collector: {}", lost.getAndSet(0), String.valueOf(why));
        }
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    /** Blocks while a response is due, until {@link #giveUp}: who is interrupted breaks it off. */
    @Override
    public CompletableResultCode shutdown() {
        synchronized (this) {
            closing = Thread.currentThread();
            if (givenUp) {
                closing.interrupt();
            }
        }
        try {
            return exporter.shutdown();
        } finally {
            synchronized (this) {
                closing = null;
                // Whatever this thread does next is not what was to be broken off.
                Thread.interrupted();
            }
        }
    }
}
