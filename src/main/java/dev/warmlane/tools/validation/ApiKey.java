package dev.warmlane.tools.validation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the gateway's key comes from: never from the command line, which every user of a machine can read. */
final class ApiKey {
    static final String VARIABLE = "WARMLANE_API_KEY";

    private ApiKey() {}

    /**
     * The key in the file, else the variable's; null without either.
     *
     * @throws IllegalArgumentException if the file cannot be read or the key could not be a header's value
     */
    static @Nullable String read(@Nullable Path file, @Nullable String variable) {
        String key;
        try {
            key = file == null ? variable : Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "api-key-file: %s (expected: a file that can be read)".formatted(file), e);
        }
        if (key != null && !key.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException("%s: %d characters (expected: one line of visible ASCII)"
                    .formatted(file == null ? VARIABLE : "api-key-file", key.length()));
        }
        return key;
    }
}
