package dev.warmlane.ops.dashboard;

import org.jspecify.annotations.Nullable;

/** Turns an engine's counter, which starts anew with the engine, into one that only grows. For one thread. */
final class Growth {
    private @Nullable Long before;

    /** How much it grew since it was last told; what it has come to, if it started anew; 0 the first time. */
    double since(@Nullable Long now) {
        if (now == null) {
            return 0;
        }
        Long last = before;
        before = now;
        return last == null ? 0 : (double) (now < last ? now : now - last);
    }
}
