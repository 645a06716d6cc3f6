package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Keeps the page of settings true. To write the table anew: {@code ./mvnw test -Dtest=SettingsPageTest -Dsettings.write=true}. */
class SettingsPageTest {
    private static final Path PAGE = Path.of("docs/settings.md");
    private static final Pattern TABLE = Pattern.compile("(?s)(<!-- settings: [^>]*-->\n).*?(<!-- /settings -->)");

    @Test
    void listsEverySettingWithItsDefault() throws IOException {
        String page = Files.readString(PAGE);
        Matcher table = TABLE.matcher(page);
        assertThat(table.find()).as("the markers of the settings table").isTrue();
        String expected = table.replaceFirst("$1" + Matcher.quoteReplacement(table()) + "$2");
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(expected);
    }

    private static String table() throws IOException {
        StringBuilder table = new StringBuilder("| setting | default | what |\n|---|---|---|\n");
        Path metadata = Path.of("target/classes/META-INF/spring-configuration-metadata.json");
        for (JsonNode property :
                JsonMapper.shared().readTree(Files.readString(metadata)).get("properties")) {
            String name = property.get("name").asString();
            if (name.startsWith("warmlane.")) {
                table.append("| `%s` | %s | %s |\n"
                        .formatted(
                                name,
                                value(property.get("defaultValue")),
                                property.get("description").asString().replace("|", "\\|")));
            }
        }
        return table.toString();
    }

    private static String value(JsonNode value) {
        if (value == null || value.asString("-").isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        if (value.isArray()) {
            value.forEach(item -> text.append(text.isEmpty() ? "" : ", ").append(item.asString()));
        } else {
            text.append(value.asString());
        }
        return "`" + text + "`";
    }
}
