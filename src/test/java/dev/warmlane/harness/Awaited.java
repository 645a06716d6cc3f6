package dev.warmlane.harness;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for what tests have begun, for two minutes at most. A test's timeout, which interrupts it, ends the wait, too: that of {@link
 * CompletableFuture#join} it would not.
 */
public final class Awaited {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private Awaited() {}

    /**
     * What it completes with.
     *
     * @throws CompletionException if it fails
     */
    public static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("not completed within " + LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for a result", e);
        }
    }

    /** Returns when the thread has ended. */
    public static void end(Thread thread) throws InterruptedException {
        thread.join(LIMIT.toMillis());
        if (thread.isAlive()) {
            throw new AssertionError("%s has not ended within %s".formatted(thread.getName(), LIMIT));
        }
    }
}
