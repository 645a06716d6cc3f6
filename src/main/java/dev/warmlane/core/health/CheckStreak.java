package dev.warmlane.core.health;

/** How many health checks of one endpoint went the same way in a row. Safe for concurrent use. */
final class CheckStreak {
    private boolean passing;
    private int length;

    /** Notes one more. Returns how many went the same way in a row, at least 1. */
    synchronized int add(boolean passed) {
        length = passed == passing && length < Integer.MAX_VALUE ? length + 1 : 1;
        passing = passed;
        return length;
    }
}
