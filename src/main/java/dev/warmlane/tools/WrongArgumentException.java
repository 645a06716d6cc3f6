package dev.warmlane.tools;

import org.jspecify.annotations.Nullable;

/** An argument that makes no sense: its name, its value, and what was expected, as in {@code speed: -1.0 (expected: > 0)}. */
public final class WrongArgumentException extends IllegalArgumentException {
    /** The longest delay that options set: nothing that is tried takes longer, and nanoseconds of it can be reckoned with. */
    public static final long HOUR_MILLIS = 3_600_000;

    private final String name;
    private final String problem;

    private WrongArgumentException(String name, String problem) {
        super(name + ": " + problem);
        this.name = name;
        this.problem = problem;
    }

    /** An argument of this name and value. */
    public static WrongArgumentException of(String name, @Nullable Object value, String expected) {
        return new WrongArgumentException(name, "%s (expected: %s)".formatted(value, expected));
    }

    /** @throws WrongArgumentException unless the value is valid */
    public static void check(boolean valid, String name, @Nullable Object value, String expected) {
        if (!valid) {
            throw of(name, value, expected);
        }
    }

    /** Checks that a number is at least this. */
    public static void atLeast(String name, long value, long least) {
        check(value >= least, name, value, ">= " + least);
    }

    /** Checks that a number is at least and at most these. */
    public static void within(String name, long value, long least, long most) {
        check(value >= least && value <= most, name, value, least + ".." + most);
    }

    /** Checks that a number is above zero and finite. */
    public static void positive(String name, double value) {
        check(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "> 0");
    }

    /** Checks that a number is a share, in [0, 1]. */
    public static void share(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "0..1");
    }

    /** What the argument is called: an option's name without its dashes, words apart. */
    String name() {
        return name;
    }

    /** Its value, and what was expected. */
    String problem() {
        return problem;
    }
}
