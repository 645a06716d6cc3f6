package dev.warmlane.engines.discovery;

import dev.warmlane.engines.discovery.DiscoveryStatus.State;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what becomes a {@link DiscoveryStatus}. Only the independent check makes a synchronised source stale or current again:
 * the watch reports errors too, but it does not report that it has gone silent. Safe to use from any thread.
 */
final class DiscoveryHealth {
    private static final int ERROR_CHARS = 300;

    private final LongSupplier nanoTime;
    private boolean synced;
    private boolean current = true;
    private @Nullable Long lastEvent;
    private @Nullable Long lastList;
    private int restarts;
    private @Nullable String lastError;

    DiscoveryHealth(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The watch brought a change. */
    synchronized void changed() {
        lastEvent = nanoTime.getAsLong();
    }

    /** The watch listed the source, which it does before it follows it. */
    synchronized void synced() {
        synced = true;
        lastList = nanoTime.getAsLong();
        if (current) {
            lastError = null;
        }
    }

    /** A check listed the source. */
    synchronized void listed() {
        lastList = nanoTime.getAsLong();
    }

    /**
     * A check found that the watch follows the source.
     *
     * @return whether something was wrong until now
     */
    synchronized boolean confirmed() {
        boolean recovered = lastError != null;
        current = true;
        lastError = null;
        return recovered;
    }

    /** A watch replaces a silent one. */
    synchronized void restarted(String reason) {
        restarts++;
        current = false;
        lastError = reason;
    }

    /**
     * A check could not list the source.
     *
     * @return whether nothing was wrong until now
     */
    synchronized boolean unlisted(Throwable cause) {
        current = false;
        return failed(cause);
    }

    /**
     * The watch failed and will be tried again.
     *
     * @return whether nothing was wrong until now
     */
    synchronized boolean failed(Throwable cause) {
        boolean first = lastError == null;
        lastError = describe(cause);
        return first;
    }

    synchronized DiscoveryStatus status() {
        State state = !synced ? State.SYNCING : current ? State.SYNCED : State.STALE;
        return new DiscoveryStatus(state, age(lastEvent), age(lastList), restarts, lastError);
    }

    private @Nullable Duration age(@Nullable Long since) {
        return since == null ? null : Duration.ofNanos(nanoTime.getAsLong() - since);
    }

    /** In one line: what the API server answered, or what kept it from answering. */
    private static String describe(Throwable failure) {
        Throwable parent = failure;
        Throwable innermost = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof KubernetesClientException answer && answer.getCode() > 0) {
                return line("%d %s".formatted(answer.getCode(), answer.getMessage()));
            }
            parent = innermost;
            innermost = cause;
        }
        // The JDK reports a refused connection as a ConnectException without a message, caused by another without one.
        boolean speaks = innermost.getMessage() != null || parent == innermost;
        return line(speaks ? shown(innermost) : shown(parent));
    }

    private static String shown(Throwable cause) {
        String message = cause.getMessage();
        return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    private static String line(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() <= ERROR_CHARS ? line : line.substring(0, ERROR_CHARS) + "...";
    }
}
