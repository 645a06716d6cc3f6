package dev.warmlane.engines.discovery;

import org.jspecify.annotations.Nullable;

/** Keeps the endpoints of a pool equal to those that a source lists. Safe for concurrent use; nothing here blocks. */
public interface Discovery extends AutoCloseable {
    /**
     * The kind of source, as the details of {@code /actuator/health} name it, such as {@code kubernetes}; null if the endpoints
     * are fixed and there is nothing to follow.
     */
    @Nullable
    String source();

    /** Fills the pool from the source, or starts to follow it and returns at once. To be called once. */
    void start();

    /** How well the pool follows its source right now. */
    DiscoveryStatus status();

    /** Stops following the source; the pool keeps its endpoints. */
    @Override
    void close();
}
