package dev.warmlane.engines.discovery;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells a watch that is late from one that has fallen silent, by comparing what it brought with independent lists. A list and
 * an event that cross make them differ for a moment, and under constant change at every list; so a watch is silent only if
 * it fell short twice in a row and brought nothing in between. For one thread.
 */
final class SilenceDetector {
    /** How a watch compares with a list. */
    enum Verdict {
        /** The watch is open and brought what the list has. */
        FOLLOWING,
        /** They differ, or the watch is not open; the next list tells. */
        LATE,
        /** Nothing came since the list before, which already differed. */
        SILENT
    }

    private @Nullable Map<String, String> suspect;

    /**
     * Compares once more.
     *
     * @param listed the version of each resource that the list has, by name
     * @param known the same as the watch brought it
     * @param watching whether the watch says that it is open
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

    /** Forgets the last comparison: there was no list to compare with. */
    void reset() {
        suspect = null;
    }
}
