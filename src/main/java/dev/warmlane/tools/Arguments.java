package dev.warmlane.tools;

import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Has a command end with what is wrong with its arguments, by the names of its options. */
public final class Arguments {
    private Arguments() {}

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
            throw new ParameterException(spec.commandLine(), ofOption(spec, e), e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (OutOfMemoryError e) {
            String heap = Runtime.getRuntime().maxMemory() / (1 << 20) + " MB are too few";
            throw new ParameterException(
                    spec.commandLine(),
                    WrongArgumentException.of("heap", heap, "more, as by java -Xmx4g")
                            .getMessage(),
                    e);
        }
    }

    /** The same of the command's option that is called so, {@code --max-sequences} for max sequences; as it is if none is. */
    private static String ofOption(CommandSpec spec, WrongArgumentException wrong) {
        String option = "--" + wrong.name().replace(' ', '-').toLowerCase(Locale.ROOT);
        return spec.findOption(option) == null ? String.valueOf(wrong.getMessage()) : option + ": " + wrong.problem();
    }

    /** An option of a group that is given twice would make picocli begin the group anew, and forget its other options. */
    private static void givenOnce(ParseResult parsed) {
        for (OptionSpec option : parsed.matchedOptions()) {
            int times = option.originalStringValues().size();
            WrongArgumentException.check(
                    option.isMultiValue() || times <= 1,
                    option.longestName(),
                    "given %d times".formatted(times),
                    "once");
        }
    }
}
