package dev.warmlane.app;

import dev.warmlane.proxy.http.Drain.TerminationSignals;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * Ends the process where its own end does not come: a start that waits for a file system that hangs, or for somebody to read the log,
 * cannot be told to stop, and what closes the application waits for that start. Nothing is served by then. Writes no log, which may be
 * what everything waits for.
 */
public final class LastResort {
    /** How long an end may take that has nothing to drain. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Duration limit;
    private final IntConsumer end;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    LastResort() {
        this(LIMIT, code -> Runtime.getRuntime().halt(code));
    }

    LastResort(Duration limit, IntConsumer end) {
        this.limit = limit;
        this.end = end;
    }

    /** Limits each exit of this process, by a signal or otherwise, from now on. */
    public static void limitExits() {
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> new LastResort().begin(TerminationSignals.TERMINATED), "last-resort"));
    }

    /**
     * Ends the process when the limit is over, unless cancelled; returns at once.
     *
     * @param code what the process returns
     */
    void begin(int code) {
        Thread waiting = new Thread(() -> await(code), "last-resort");
        waiting.setDaemon(true);
        waiting.start();
    }

    /** The end has come by itself. */
    void cancel() {
        cancelled.set(true);
    }

    private void await(int code) {
        try {
            Thread.sleep(limit.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!cancelled.get()) {
            end.accept(code);
        }
    }
}
