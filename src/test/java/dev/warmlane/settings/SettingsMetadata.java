package dev.warmlane.settings;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The configuration metadata that goes into the jar, from which IDEs complete settings and the page of settings is written. */
public final class SettingsMetadata {
    private static final String MAIN = "spring-configuration-metadata.json";
    private static final String LIST_ITEM = "spring/configuration-metadata/%s.json";

    private SettingsMetadata() {}

    /** One setting. A name below a list has {@code []} behind the list; a default that is empty is an empty text. */
    public record Setting(String name, String defaultValue, String description) {}

    /** All settings of Warmlane, by name, those of the items of a list included. */
    public static List<Setting> settings() throws IOException {
        List<Setting> settings = new ArrayList<>();
        for (JsonNode property : read(MAIN).get("properties")) {
            String name = property.get("name").asString();
            if (name.startsWith("warmlane.")) {
                settings.add(setting("", property));
                String type = property.get("type").asString();
                if (type.startsWith("java.util.List<dev.warmlane.")) {
                    String itemType = type.replaceFirst("^java\\.util\\.List<(.*)>$", "$1");
                    for (JsonNode item : read(LIST_ITEM.formatted(itemType)).get("properties")) {
                        settings.add(setting(name + "[].", item));
                    }
                }
            }
        }
        return settings;
    }

    /** The values that IDEs offer for a setting. */
    public static List<String> hints(String name) throws IOException {
        List<String> values = new ArrayList<>();
        for (JsonNode hint : read(MAIN).get("hints")) {
            if (hint.get("name").asString().equals(name)) {
                hint.get("values")
                        .forEach(value -> values.add(value.get("value").asString()));
            }
        }
        return values;
    }

    private static Setting setting(String prefix, JsonNode property) {
        JsonNode value = property.path("defaultValue");
        List<String> values = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(item -> values.add(item.asString()));
        } else {
            values.add(value.asString(""));
        }
        return new Setting(
                prefix + property.get("name").asString(),
                String.join(", ", values),
                property.path("description").asString(""));
    }

    private static JsonNode read(String file) throws IOException {
        try {
            URI classes = WarmlaneSettings.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
            return JsonMapper.shared()
                    .readTree(Files.readString(
                            Path.of(classes).resolve("META-INF").resolve(file)));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
