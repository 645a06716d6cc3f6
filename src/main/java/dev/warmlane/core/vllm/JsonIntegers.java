package dev.warmlane.core.vllm;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What vLLM, by pydantic, takes for an integer: {@code 5}, {@code 5.0}, {@code 5e0}, and texts such as {@code "5"}. */
final class JsonIntegers {
    /** Of a text, in which it takes no exponent. */
    private static final Pattern TEXT = Pattern.compile("[+-]?[0-9]+(_[0-9]+)*(\\.0+)?");

    private JsonIntegers() {}

    /**
     * The integer that a value says; null if it is none, or not in the range of an int.
     *
     * @param isText whether it is a string; else it is a number of JSON's
     */
    static @Nullable Integer read(@Nullable String value, boolean isText) {
        if (value == null) {
            return null;
        }
        String number = value;
        if (isText) {
            number = value.strip();
            if (!TEXT.matcher(number).matches()) {
                return null;
            }
            number = number.replace("_", "");
        }
        double read = Double.parseDouble(number);
        int integer = (int) read;
        return integer == read ? (Integer) integer : null;
    }
}
