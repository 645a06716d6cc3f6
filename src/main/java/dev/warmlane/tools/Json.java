package dev.warmlane.tools;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A JSON object to be written: its fields keep the order in which they were added. Not thread-safe. */
public final class Json {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final ObjectNode fields = NODES.objectNode();

    private Json() {}

    /** @param namesAndValues a name, its value, the next name and so on; a value may be null, another object or a list */
    public static Json of(@Nullable Object... namesAndValues) {
        return new Json().and(namesAndValues);
    }

    /** Adds fields, as {@link #of} does. */
    public Json and(@Nullable Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.set(String.valueOf(namesAndValues[i]), node(namesAndValues[i + 1]));
        }
        return this;
    }

    /** Adds all fields of another object. */
    public Json and(Json other) {
        fields.setAll(other.fields);
        return this;
    }

    /** Adds fields whose value is null. */
    public Json nulls(String... names) {
        for (String name : names) {
            fields.putNull(name);
        }
        return this;
    }

    /** The names of the fields, in their order. */
    public Collection<String> names() {
        return fields.propertyNames();
    }

    /** As JSON text. */
    @Override
    public String toString() {
        return fields.toString();
    }

    /** Objects or lists of them as JSON text for people: a line for each field, and a line break at the end. */
    public static String pretty(Object json) {
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(node(json)) + "\n";
    }

    /** As a server-sent event with only data. */
    public String event() {
        return "data: " + this + "\n\n";
    }

    /** As the data of a server-sent event with a name. */
    public String event(String name) {
        return "event: " + name + "\ndata: " + this + "\n\n";
    }

    private static JsonNode node(@Nullable Object value) {
        if (value instanceof Json json) {
            return json.fields;
        } else if (value instanceof String text) {
            return NODES.stringNode(text);
        } else if (value instanceof Integer number) {
            return NODES.numberNode(number);
        } else if (value instanceof Long number) {
            return NODES.numberNode(number);
        } else if (value instanceof List<?> items) {
            ArrayNode array = NODES.arrayNode(items.size());
            items.forEach(item -> array.add(node(item)));
            return array;
        }
        return value == null ? NODES.nullNode() : NODES.pojoNode(value);
    }
}
