package dev.warmlane.tools.simulator;

import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A JSON object to be written: its fields keep the order in which they were added. Not thread-safe. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    private Json() {}

    /** @param namesAndValues a name, its value, the next name and so on; a value may be null, another object or a list */
    static Json of(@Nullable Object... namesAndValues) {
        return new Json().and(namesAndValues);
    }

    /** Adds fields, as {@link #of} does. */
    Json and(@Nullable Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return this;
    }

    /** Adds all fields of another object. */
    Json and(Json other) {
        fields.putAll(other.fields);
        return this;
    }

    /** Adds fields whose value is null. */
    Json nulls(String... names) {
        for (String name : names) {
            fields.put(name, null);
        }
        return this;
    }

    @JsonValue
    Map<String, @Nullable Object> fields() {
        return fields;
    }

    /** As JSON text. */
    @Override
    public String toString() {
        return MAPPER.writeValueAsString(fields);
    }

    /** As a server-sent event with only data. */
    String event() {
        return "data: " + this + "\n\n";
    }

    /** As the data of a server-sent event with a name. */
    String event(String name) {
        return "event: " + name + "\ndata: " + this + "\n\n";
    }

    /** @throws ApiException unless the bytes are a JSON object */
    static JsonNode readObject(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            // vLLM says the same of both: bytes that are no JSON, and JSON that is no object.
        }
        throw ApiException.notJson();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
