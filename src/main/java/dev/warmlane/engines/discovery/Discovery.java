package dev.warmlane.engines.discovery;

import java.time.Duration;
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

    /**
     * How well discovery follows its source, at one moment. Immutable.
     *
     * @param state whether the endpoints of the pool are those of the source
     * @param lastEventAge time since the last change of the source; null before the first
     * @param lastListAge time since the source was last listed; null before the first list
     * @param restarts how often the watch was replaced
     * @param lastError what is wrong now, in one line; null: nothing
     */
    record DiscoveryStatus(
            State state,
            @Nullable Duration lastEventAge,
            @Nullable Duration lastListAge,
            int restarts,
            @Nullable String lastError) {

        /**
         * The status of a source that consists of two: the worse state, the later event, the older list, the first error, and the
         * restarts of both.
         */
        DiscoveryStatus and(@Nullable DiscoveryStatus other) {
            if (other == null) {
                return this;
            }
            State worse = state.compareTo(other.state) == 0
                    ? state
                    : state == State.SYNCING || other.state == State.SYNCING ? State.SYNCING : State.STALE;
            return new DiscoveryStatus(
                    worse,
                    least(lastEventAge, other.lastEventAge),
                    lastListAge == null || other.lastListAge == null
                            ? null
                            : lastListAge.compareTo(other.lastListAge) >= 0 ? lastListAge : other.lastListAge,
                    restarts + other.restarts,
                    lastError != null ? lastError : other.lastError);
        }

        DiscoveryStatus withState(State changed) {
            return new DiscoveryStatus(changed, lastEventAge, lastListAge, restarts, lastError);
        }

        private static @Nullable Duration least(@Nullable Duration first, @Nullable Duration second) {
            if (first == null || second == null) {
                return first == null ? second : first;
            }
            return first.compareTo(second) <= 0 ? first : second;
        }

        /** Whether the pool has the endpoints of its source. */
        public enum State {
            /** The source has not been listed yet. */
            SYNCING,
            /** The pool follows the source. */
            SYNCED,
            /** The source cannot be listed or its watch fell silent; the pool keeps the last known endpoints. */
            STALE
        }
    }
}
