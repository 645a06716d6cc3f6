package dev.warmlane.engines.discovery;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells a late watch from a silent one by comparing it with independent lists. A list and an event that cross make them differ
 * for a moment, and under constant change at every list; so a watch counts as silent only if it differs twice in a row and
 * brought nothing in between. For one thread.
 */
final class SilenceDetector {
    /** How a watch compares with a list. */
    enum Verdict {
        /** The watch is open and agrees with the list. */
        FOLLOWING,
        /** They differ, or the watch is closed; the next list decides. */
        LATE,
        /** They differed at the last list too, and nothing has come since. */
        SILENT
    }

    private @Nullable Map<String, String> suspect;

    /**
     * Compares a list with the watch.
     *
     * @param listed the version of each resource that the list has, by name
     * @param known the same from the watch
     * @param watching whether the watch is open
     */
    Verdict compare(Map<String, String> listed, Map<String, String> known, boolean watching) {
        if (watching && known.equals(listed)) {
            suspect = null;
            return Verdict.FOLLOWING;
        }
        if (known.equals(suspect)) {
            suspect = null;
            return Verdict.SILENT;
        }
        suspect = Map.copyOf(known);
        return Verdict.LATE;
    }

    /** Forgets the last comparison, because a list has failed. */
    void reset() {
        suspect = null;
    }
}
