package dev.warmlane.core.admission;

import java.time.Duration;
import java.util.Locale;

/**
 * Why a request was not let in, and when it is worth asking again.
 *
 * @param reason what was the matter
 * @param retryAfter in how long the line as it is now will have been served; positive
 */
public record Refusal(Reason reason, Duration retryAfter) {

    public enum Reason {
        /** The line had no place, or somebody with an earlier turn took it. */
        FULL,
        /** It waited as long as it may. */
        LATE,
        /** Nobody is let in any more. */
        CLOSED;

        /** The name in metric labels, lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
