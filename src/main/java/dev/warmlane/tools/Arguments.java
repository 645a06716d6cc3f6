package dev.warmlane.tools;

import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What is wrong with an argument: its name, its value, and what was expected. */
public final class Arguments {
    private Arguments() {}

    /** @throws IllegalArgumentException as {@code speed: -1.0 (expected: > 0)}, unless the value is valid */
    public static void check(boolean valid, String name, Object value, String expected) {
        if (!valid) {
            throw new IllegalArgumentException("%s: %s (expected: %s)".formatted(name, value, expected));
        }
    }

    /** Checks that a number is at least this. */
    public static void atLeast(String name, long value, long least) {
        check(value >= least, name, value, ">= " + least);
    }

    /** Checks that a number is above zero and finite. */
    public static void positive(String name, double value) {
        check(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "> 0");
    }

    /** Checks that a number is a share, in [0, 1]. */
    public static void share(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "0..1");
    }

    /** Runs a command; an illegal argument ends it as wrong usage does. */
    public static <T> T named(CommandSpec spec, Callable<T> command) throws Exception {
        try {
            return command.call();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
