package dev.warmlane.tools.validation.report;

import org.jspecify.annotations.Nullable;

/**
 * One target and what came of it.
 *
 * @param name what is measured
 * @param expected the limit, with its direction
 * @param actual null if it could not be measured
 * @param met whether it was reached
 */
public record Target(String name, String expected, @Nullable Double actual, boolean met) {

    public static Target atLeast(String name, double limit, @Nullable Double actual) {
        return new Target(name, ">= " + plain(limit), actual, actual != null && actual >= limit);
    }

    public static Target atMost(String name, double limit, @Nullable Double actual) {
        return new Target(name, "<= " + plain(limit), actual, actual != null && actual <= limit);
    }

    /** As {@code hit ratio: 0.612 (expected: >= 0.8)}. */
    @Override
    public String toString() {
        String shown = actual == null ? "not measured" : plain(Math.rint(actual * 1e4) / 1e4);
        return "%s: %s (expected: %s)".formatted(name, shown, expected);
    }

    private static String plain(double limit) {
        return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
    }
}
