package dev.warmlane.engines.discovery;

/** Keeps a pool equal to what a source lists. Safe to use from any thread; nothing here blocks. */
public interface Discovery extends AutoCloseable {
    /** Starts to follow the source and returns at once; call it one time. */
    void start();

    /** How well the source is followed right now. */
    DiscoveryStatus status();

    /** Stops following the source; the pool stays as it is. */
    @Override
    void close();
}
