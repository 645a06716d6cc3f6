package dev.warmlane.tools;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** A JSON object to be written: its fields keep the order in which they were added. Not thread-safe. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    private Json() {}

    /** @param namesAndValues a name, its value, the next name and so on; a value may be null, another object or a list */
    public static Json of(@Nullable Object... namesAndValues) {
        return new Json().and(namesAndValues);
    }

    /** Adds fields, as {@link #of} does. */
    public Json and(@Nullable Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return this;
    }

    /** Adds all fields of another object. */
    public Json and(Json other) {
        fields.putAll(other.fields);
        return this;
    }

    /** Adds fields whose value is null. */
    public Json nulls(String... names) {
        for (String name : names) {
            fields.put(name, null);
        }
        return this;
    }

    /** The fields as they are; for reading only. */
    @JsonValue
    public Map<String, @Nullable Object> fields() {
        return fields;
    }

    /** As JSON text. */
    @Override
    public String toString() {
        return MAPPER.writeValueAsString(fields);
    }

    /** Objects or lists of them as JSON text for people: a line for each field, and a line break at the end. */
    public static String pretty(Object json) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    /** As a server-sent event with only data. */
    public String event() {
        return "data: " + this + "\n\n";
    }

    /** As the data of a server-sent event with a name. */
    public String event(String name) {
        return "event: " + name + "\ndata: " + this + "\n\n";
    }
}
