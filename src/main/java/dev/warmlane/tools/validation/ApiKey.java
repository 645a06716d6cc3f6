package dev.warmlane.tools.validation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the gateway's key comes from: never from the command line, which every user of a machine can read. */
final class ApiKey {
    static final String VARIABLE = "WARMLANE_API_KEY";

    /** That of the gateway's own setting, so that both can be given at once. */
    static final String MANAGEMENT_VARIABLE = "WARMLANE_MANAGEMENT_KEY";

    private ApiKey() {}

    /** The key for requests. */
    static @Nullable String read(@Nullable Path file, @Nullable String variable) {
        return read(file, "api-key-file", variable, VARIABLE);
    }

    /** The key for the management port. */
    static @Nullable String readForManagement(@Nullable Path file, @Nullable String variable) {
        return read(file, "management-key-file", variable, MANAGEMENT_VARIABLE);
    }

    /**
     * The key in the file, else the variable's; null without either.
     *
     * @throws IllegalArgumentException if the file cannot be read or the key could not be a header's value
     */
    private static @Nullable String read(
            @Nullable Path file, String option, @Nullable String variable, String variableName) {
        String key;
        try {
            key = file == null ? variable : Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("%s: %s (expected: a file that can be read)".formatted(option, file), e);
        }
        if (key != null && !key.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException("%s: %d characters (expected: one line of visible ASCII)"
                    .formatted(file == null ? variableName : option, key.length()));
        }
        return key;
    }
}
