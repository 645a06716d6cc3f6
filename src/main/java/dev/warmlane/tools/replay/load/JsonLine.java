package dev.warmlane.tools.replay.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A line of a file of JSON objects, which knows where it stands.
 *
 * @param number from 1
 */
record JsonLine(Path file, int number, JsonNode json) {

    /**
     * Reads one line after the other; blank ones are passed over.
     *
     * @throws IllegalArgumentException if a line is no JSON
     */
    static void forEach(Path file, Consumer<JsonLine> action) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    action.accept(parse(file, number, line));
                }
            }
        }
    }

    private static JsonLine parse(Path file, int number, String line) {
        try {
            return new JsonLine(file, number, JsonMapper.shared().readTree(line));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "%s:%d: no JSON (expected: one object a line)".formatted(file, number), e);
        }
    }

    /** @throws IllegalArgumentException if the member is not a whole number of at least this */
    int whole(String name, int least) {
        JsonNode value = json.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
            throw problem(name, text(value), "a whole number >= " + least);
        }
        return value.intValue();
    }

    /** What is wrong with a member. */
    IllegalArgumentException problem(String name, String value, String expected) {
        return new IllegalArgumentException(
                "%s:%d: %s: %s (expected: %s)".formatted(file, number, name, value, expected));
    }

    /** A value as it stands in the line. */
    static String text(JsonNode value) {
        return value.isMissingNode() ? "missing" : value.toString();
    }
}
