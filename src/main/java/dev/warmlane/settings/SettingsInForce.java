package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** The settings in force, under the names by which they are set, without secrets. */
public final class SettingsInForce {
    /** Names kinds of affinity keys, and is no secret. */
    private static final String NO_SECRET = "affinity.keys";

    private static final Pattern SECRET = Pattern.compile("(?i)(key|salt|secret|token|password)s?(\\[\\d+])?$");

    private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9]+(\\.[0-9]+)?");

    private SettingsInForce() {}

    /** Whether a setting's value is a secret, judged by its name, which may be misspelt. A number of tokens is none. */
    static boolean isSecret(String name, @Nullable Object value) {
        return SECRET.matcher(name).find()
                && !(name.endsWith("tokens")
                        && NUMBER.matcher(String.valueOf(value)).matches());
    }

    /** Maps, lists, texts, numbers and truth values; durations and sizes as one writes them. */
    public static Map<String, Object> of(WarmlaneSettings settings) {
        return group("", settings, false);
    }

    /** The same with the values of secrets, which nobody may be shown. */
    static Map<String, Object> withSecrets(WarmlaneSettings settings) {
        return group("", settings, true);
    }

    private static Map<String, Object> group(String path, Record group, boolean secrets) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (RecordComponent component : group.getClass().getRecordComponents()) {
            String name = kebabCase(component.getName());
            Object value = value(path + name, read(component, group), secrets);
            if (value != null) {
                values.put(name, value);
            }
        }
        return values;
    }

    private static @Nullable Object value(String path, @Nullable Object value, boolean secrets) {
        if (value == null) {
            return null;
        }
        if (!secrets && isSecret(path, value) && !path.equals(NO_SECRET)) {
            return value.toString().isEmpty() ? "" : Check.MASK;
        }
        if (value instanceof Record group) {
            return group(path + ".", group, secrets);
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> values = new ArrayList<>();
            list.forEach(item -> values.add(value(path, item, secrets)));
            return values;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            map.forEach((key, item) -> values.put(String.valueOf(key), value(path + "." + key, item, secrets)));
            return values;
        }
        if (value instanceof Duration || value instanceof DataSize) {
            return InvalidSettingException.text(value);
        }
        if (value instanceof Enum<?> choice) {
            return kebabCase(choice.name());
        }
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    private static @Nullable Object read(RecordComponent component, Record group) {
        try {
            return component.getAccessor().invoke(group);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("setting: %s (expected: readable)".formatted(component.getName()), e);
        }
    }

    /** The name of a component, or of an enum's constant, as one writes it. */
    static String kebabCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    }
}
