package dev.warmlane.tools;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What is wrong with an argument: its name, its value, and what was expected. */
public final class Arguments {
    private Arguments() {}

    /** Says {@code speed: -1.0 (expected: > 0)}. */
    public static WrongArgumentException wrong(String name, @Nullable Object value, String expected) {
        return new WrongArgumentException(name, "%s (expected: %s)".formatted(value, expected));
    }

    /** An argument that makes no sense. */
    public static final class WrongArgumentException extends IllegalArgumentException {
        private final String name;
        private final String problem;

        WrongArgumentException(String name, String problem) {
            super(name + ": " + problem);
            this.name = name;
            this.problem = problem;
        }

        /** The same of the command's option that is called so, {@code --max-sequences} for max sequences; as it is if none is. */
        String ofOption(CommandSpec spec) {
            String option = "--" + name.replace(' ', '-').toLowerCase(Locale.ROOT);
            return spec.findOption(option) == null ? String.valueOf(getMessage()) : option + ": " + problem;
        }
    }

    /** @throws IllegalArgumentException unless the value is valid */
    public static void check(boolean valid, String name, @Nullable Object value, String expected) {
        if (!valid) {
            throw wrong(name, value, expected);
        }
    }

    /** Checks that a number is at least this. */
    public static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw wrong(name, value, ">= " + least);
        }
    }

    /** Checks that a number is above zero and finite. */
    public static void positive(String name, double value) {
        check(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "> 0");
    }

    /** Checks that a number is a share, in [0, 1]. */
    public static void share(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "0..1");
    }

    /** What a command does with its arguments. */
    @FunctionalInterface
    public interface Action<T, E extends Exception> {
        T run() throws E;
    }

    /** Runs it; an illegal argument, or too little memory for what is asked for, ends the command as wrong usage does. */
    public static <T, E extends Exception> T named(CommandSpec spec, Action<T, E> action) throws E {
        try {
            givenOnce(spec.commandLine().getParseResult());
            return action.run();
        } catch (WrongArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.ofOption(spec), e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (OutOfMemoryError e) {
            String heap = Runtime.getRuntime().maxMemory() / (1 << 20) + " MB are too few";
            throw new ParameterException(
                    spec.commandLine(),
                    wrong("heap", heap, "more, as by java -Xmx4g").getMessage(),
                    e);
        }
    }

    /** An option of a group that is given twice would make picocli begin the group anew, and forget its other options. */
    private static void givenOnce(ParseResult parsed) {
        for (OptionSpec option : parsed.matchedOptions()) {
            int times = option.originalStringValues().size();
            check(option.isMultiValue() || times <= 1, option.longestName(), "given %d times".formatted(times), "once");
        }
    }
}
