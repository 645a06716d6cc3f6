package dev.warmlane.helm;

import dev.warmlane.settings.WarmlaneSettings;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

/**
 * The JSON schema of what the process can be told, read off the settings themselves: names and types from the records, lower
 * bounds by asking them what they refuse. So Helm refuses what the process would refuse.
 */
final class SettingsSchema {
    private static final String ROOT = "warmlane";
    private static final String DURATION = "(ns|us|ms|s|m|h|d)$";
    private static final String SIZE = "(B|KB|MB|GB|TB)?$";
    private static final String POSITIVE = "^0*[1-9][0-9]*";
    private static final String ANY = "^[0-9]+";

    /** Where the range of a number may end: a share, and a port. */
    private static final List<Integer> MOST = List.of(1, 65_535);

    /** Where the range of a number may begin, at most. */
    private static final int GREATEST_LEAST = 10;

    private ConfigurationPropertySource asked = new MapConfigurationPropertySource();

    /** One for all questions: what it finds out about the settings' classes, and remembers, takes longer than the answer. */
    private final Binder binder = new Binder(() -> List.of(asked).iterator());

    private SettingsSchema() {}

    static Map<String, Object> generate() {
        return new SettingsSchema().record(WarmlaneSettings.class, ROOT);
    }

    /** @param name the setting's full name, or null below a list, where nothing can be asked by itself */
    private Map<String, Object> record(Class<?> type, @Nullable String name) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String key = key(component);
            properties.put(key, property(component, key, name == null ? null : name + "." + key));
            if (!component.isAnnotationPresent(DefaultValue.class) && isRequired(type, component)) {
                required.add(key);
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", properties);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        return schema;
    }

    private Map<String, Object> property(RecordComponent component, String key, @Nullable String name) {
        // A ConfigMap is no place for a secret: the environment is. Empty is off.
        String reference = "\\$\\{[^}]+\\}";
        return switch (key) {
            case "secret", "key", "salt", "endpoint-salt" ->
                ordered("type", "string", "pattern", "^(" + reference + ")?$");
            // YAML reads off as false.
            case "ranks" -> value(String.class);
            case "port" ->
                component.getType() == String.class ? value(String.class) : schema(component.getGenericType(), name);
            case "api-key" -> ordered("type", "string", "pattern", "^(" + reference + "|pass)$");
            default -> schema(component.getGenericType(), name);
        };
    }

    private Map<String, Object> schema(Type generic, @Nullable String name) {
        if (generic instanceof ParameterizedType parameterized) {
            Type[] arguments = parameterized.getActualTypeArguments();
            return parameterized.getRawType() == Map.class
                    ? ordered("type", "object", "additionalProperties", value(arguments[1]))
                    : ordered("type", "array", "items", schema(arguments[0], null));
        }
        Class<?> type = (Class<?>) generic;
        if (type.isRecord()) {
            return record(type, name);
        }
        if (type == Duration.class) {
            return ordered("type", "string", "pattern", (accepts(name, "0s") ? ANY : POSITIVE) + DURATION);
        }
        if (type == DataSize.class) {
            return ordered("type", "string", "pattern", (accepts(name, "0B") ? ANY : POSITIVE) + SIZE);
        }
        if (type == boolean.class || type == Boolean.class) {
            return Map.of("type", "boolean");
        }
        if (type == double.class || type == Double.class) {
            return bounded("number", name);
        }
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return bounded("integer", name);
        }
        if (type.isEnum()) {
            List<String> names = Stream.of(type.getEnumConstants())
                    .map(constant ->
                            constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .toList();
            return Map.of("enum", names);
        }
        return Map.of("type", "string");
    }

    /** A value in a map: all of them are texts to the process, however YAML writes them. */
    private Map<String, Object> value(Type type) {
        return type == String.class ? Map.of("type", List.of("string", "number", "boolean")) : schema(type, null);
    }

    private Map<String, Object> bounded(String type, @Nullable String name) {
        for (int least = -1; name != null && least <= GREATEST_LEAST; least++) {
            if (accepts(name, String.valueOf(least))) {
                Map<String, Object> schema = new LinkedHashMap<>(Map.of("type", type));
                if (least >= 0) {
                    schema.put("minimum", least);
                }
                MOST.stream()
                        .filter(most -> accepts(name, String.valueOf(most)) && !accepts(name, String.valueOf(most + 1)))
                        .findFirst()
                        .ifPresent(most -> schema.put("maximum", most));
                return schema;
            }
        }
        return new LinkedHashMap<>(Map.of("type", type));
    }

    /** Whether the process would start with this value, all else being as by default. */
    private boolean accepts(@Nullable String name, String value) {
        if (name == null) {
            return true;
        }
        asked = new MapConfigurationPropertySource(Map.of(name, value));
        try {
            binder.bindOrCreate(ROOT, WarmlaneSettings.class);
            return true;
        } catch (BindException refused) {
            return false;
        }
    }

    private static boolean isRequired(Class<?> owner, RecordComponent component) {
        return !component.getAnnotatedType().isAnnotationPresent(Nullable.class)
                && Stream.of(owner.getDeclaredConstructors())
                        .flatMap(constructor -> Stream.of(constructor.getParameters()))
                        .noneMatch(parameter -> parameter.getName().equals(component.getName())
                                && parameter.isAnnotationPresent(DefaultValue.class));
    }

    private static String key(RecordComponent component) {
        Name name = component.getAnnotation(Name.class);
        return name != null
                ? name.value()
                : component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> ordered(String key, Object value, String secondKey, Object secondValue) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(key, value);
        map.put(secondKey, secondValue);
        return map;
    }
}
