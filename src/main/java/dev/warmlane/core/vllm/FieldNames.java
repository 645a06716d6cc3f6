package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The JSON keys that a reader knows: the names of an enum's constants in lower case. Found by comparing bytes, so that
 * keys nobody knows cost no string. Immutable.
 */
final class FieldNames<E extends Enum<E>> {
    /** In characters; longer than any. */
    private static final int LONGEST = 64;

    private static final byte[] NONE = {};

    private final E[] fields;
    private final byte[][] names;

    /** @param fields every constant of the enum, in order */
    FieldNames(E[] fields) {
        this.fields = fields.clone();
        this.names = Arrays.stream(fields)
                .map(field -> field.name().toLowerCase(Locale.ROOT).getBytes(US_ASCII))
                .toArray(byte[][]::new);
    }

    /** The field that the scanner's token, a key, names; null if it names none. */
    @Nullable
    E find(JsonScanner scanner) {
        if (scanner.tokenEscaped()) {
            String text = scanner.tokenText(LONGEST);
            byte[] key = text == null ? NONE : text.getBytes(US_ASCII);
            return find(key, 0, key.length);
        }
        return find(scanner.bytes(), scanner.tokenStart() + 1, scanner.tokenEnd() - 1);
    }

    private @Nullable E find(byte[] bytes, int start, int end) {
        for (int i = 0; i < names.length; i++) {
            byte[] name = names[i];
            if (name.length == end - start && Arrays.equals(name, 0, name.length, bytes, start, end)) {
                return fields[i];
            }
        }
        return null;
    }
}
