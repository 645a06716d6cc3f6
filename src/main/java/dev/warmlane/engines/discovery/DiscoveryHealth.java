package dev.warmlane.engines.discovery;

import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus.State;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DiscoveryStatus} is made of. Once synced, only the independent check decides between synced and stale: a watch
 * reports errors, but not that it has fallen silent. Safe for concurrent use.
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

    /** The watch has listed the source, as it does before it follows it. */
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
     * A check has found that the watch follows the source.
     *
     * @return whether there was an error until now
     */
    synchronized boolean confirmed() {
        boolean recovered = lastError != null;
        current = true;
        lastError = null;
        return recovered;
    }

    /** A silent watch was replaced. */
    synchronized void restarted(String reason) {
        restarts++;
        current = false;
        lastError = reason;
    }

    /**
     * A check could not list the source.
     *
     * @return whether there was no error until now
     */
    synchronized boolean unlisted(Throwable cause) {
        current = false;
        return failed(cause);
    }

    /**
     * The watch failed and will be tried again.
     *
     * @return whether there was no error until now
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

    /** In one line: the response of the API server, or why there was none. */
    private static String describe(Throwable failure) {
        Throwable parent = failure;
        Throwable innermost = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof KubernetesClientException response && response.getCode() > 0) {
                return line("%d %s".formatted(response.getCode(), response.getMessage()));
            }
            parent = innermost;
            innermost = cause;
        }
        // The JDK reports a refused connection as a ConnectException without a message, caused by another without one.
        boolean hasMessage = innermost.getMessage() != null || parent == innermost;
        return line(hasMessage ? shown(innermost) : shown(parent));
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
