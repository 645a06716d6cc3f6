package dev.warmlane.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** docs/openapi.yaml, and what in a response is not as it says. Knows the part of JSON Schema that stands there, and refuses any other. */
public final class ApiDocument {
    private static final Set<String> KNOWN = Set.of(
            "type",
            "enum",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minimum",
            "maximum",
            "oneOf",
            "$ref");
    private static final Set<String> METHODS = Set.of("get", "post", "delete");
    private static final Set<String> SAYING_NOTHING = Set.of("description", "format");

    private final JsonNode document;

    public ApiDocument() {
        try {
            Object yaml = new Yaml(new SafeConstructor(new LoaderOptions()))
                    .load(Files.readString(Path.of("docs/openapi.yaml")));
            document = JsonMapper.shared().valueToTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Methods and paths, such as {@code GET /actuator/vllm}. */
    public List<String> operations() {
        return document.get("paths").properties().stream()
                .flatMap(path -> path.getValue().propertyNames().stream()
                        .filter(METHODS::contains)
                        .map(method -> method.toUpperCase(Locale.ROOT) + " " + path.getKey()))
                .toList();
    }

    /** The values of an enum, by its way below the schemas. */
    public List<String> values(String schema) {
        return document.at("/components/schemas/" + schema + "/enum")
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }

    /** What is wrong with a response of status 200; empty if it is as documented. */
    public List<String> faults(String method, String path, String type, String answer) {
        JsonNode schema = document.get("paths")
                .path(path)
                .path(method)
                .at("/responses/200/content")
                .path(type)
                .path("schema");
        if (schema.isMissingNode()) {
            return List.of("%s %s: not documented".formatted(method, path));
        }
        List<String> faults = new ArrayList<>();
        check(schema, JsonMapper.shared().readTree(answer), "$", faults);
        return faults;
    }

    private void check(JsonNode schema, JsonNode value, String at, List<String> faults) {
        schema.propertyNames().stream()
                .filter(name -> !KNOWN.contains(name) && !SAYING_NOTHING.contains(name))
                .forEach(name -> faults.add(at + ": " + name + " is not checked"));
        if (schema.has("$ref")) {
            check(document.at(schema.get("$ref").asString().substring(1)), value, at, faults);
            return;
        }
        if (schema.has("oneOf")) {
            long fitting = schema.get("oneOf")
                    .valueStream()
                    .filter(one -> fits(one, value))
                    .count();
            if (fitting != 1) {
                faults.add("%s: %s (expected: one of %s)".formatted(at, value, schema.get("oneOf")));
            }
            return;
        }
        if (schema.has("type") && types(schema).noneMatch(type -> is(type, value))) {
            faults.add("%s: %s (expected: %s)".formatted(at, value, schema.get("type")));
        }
        if (schema.has("enum") && schema.get("enum").valueStream().noneMatch(value::equals)) {
            faults.add("%s: %s (expected: %s)".formatted(at, value, schema.get("enum")));
        }
        if (value.isNumber()
                && (value.asDouble() < schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY)
                        || value.asDouble() > schema.path("maximum").asDouble(Double.POSITIVE_INFINITY))) {
            faults.add("%s: %s (expected: within bounds)".formatted(at, value));
        }
        if (value.isObject()) {
            checkProperties(schema, value, at, faults);
        }
        if (value.isArray() && schema.has("items")) {
            value.forEach(item -> check(schema.get("items"), item, at + "[]", faults));
        }
    }

    private void checkProperties(JsonNode schema, JsonNode value, String at, List<String> faults) {
        schema.path("required").forEach(name -> {
            if (!value.has(name.asString())) {
                faults.add("%s.%s: missing".formatted(at, name.asString()));
            }
        });
        value.properties().forEach(property -> {
            JsonNode known = schema.path("properties").path(property.getKey());
            JsonNode others = schema.path("additionalProperties");
            String where = at + "." + property.getKey();
            if (!known.isMissingNode()) {
                check(known, property.getValue(), where, faults);
            } else if (others.isObject()) {
                check(others, property.getValue(), where, faults);
            } else {
                faults.add(where + ": not documented");
            }
        });
    }

    private boolean fits(JsonNode schema, JsonNode value) {
        List<String> faults = new ArrayList<>();
        check(schema, value, "", faults);
        return faults.isEmpty();
    }

    private static Stream<String> types(JsonNode schema) {
        JsonNode type = schema.get("type");
        return type.isArray() ? type.valueStream().map(JsonNode::asString) : Stream.of(type.asString());
    }

    private static boolean is(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isString();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            default -> throw new IllegalArgumentException("type: " + type);
        };
    }
}
