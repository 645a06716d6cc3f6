package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.settings.SettingsMetadata;
import dev.warmlane.settings.SettingsMetadata.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Keeps the page of settings true. Its headings and their order are written by hand; a marker below each names the settings whose
 * table stands there. To write the tables anew: {@code ./mvnw test -Dtest=SettingsPageTest -Dsettings.write=true}.
 */
class SettingsPageTest {
    private static final Path PAGE = Path.of("docs/settings.md");
    private static final Pattern TABLE = Pattern.compile("(?s)(<!-- settings: ([^>]*?) -->\n).*?(<!-- /settings -->)");

    @Test
    void listsEverySettingWithItsDefault() throws IOException {
        List<Setting> settings = SettingsMetadata.settings();
        String expected = TABLE.matcher(Files.readString(PAGE))
                .replaceAll(table -> Matcher.quoteReplacement(
                        table.group(1) + table(below(table.group(2), settings)) + table.group(3)));
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(expected);
    }

    @Test
    void listsEachSettingOnce() throws IOException {
        List<Setting> settings = SettingsMetadata.settings();
        List<Setting> listed = new ArrayList<>();
        TABLE.matcher(Files.readString(PAGE))
                .results()
                .forEach(table -> listed.addAll(below(table.group(2), settings)));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(settings);
    }

    @Test
    void describesEachSettingInWholeSentences() throws IOException {
        assertThat(SettingsMetadata.settings())
                .allSatisfy(setting -> assertThat(setting.description())
                        .as(setting.name())
                        .matches("[A-Z].*\\.")
                        .doesNotContain("{@", "<", "&"));
    }

    /** Those whose names begin with one of the prefixes, in the order of these; the items of a list are asked for by themselves. */
    private static List<Setting> below(String prefixes, List<Setting> settings) {
        return Arrays.stream(prefixes.split(", "))
                .flatMap(prefix -> settings.stream()
                        .filter(setting -> setting.name().equals(prefix)
                                || (setting.name().startsWith(prefix + ".")
                                        && !setting.name()
                                                .substring(prefix.length())
                                                .contains("[]"))))
                .toList();
    }

    private static String table(List<Setting> settings) {
        StringBuilder table = new StringBuilder("| setting | default | what it does |\n|---|---|---|\n");
        for (Setting setting : settings) {
            String value = setting.defaultValue();
            table.append("| `%s` | %s | %s |\n"
                    .formatted(
                            setting.name(),
                            value.isEmpty() ? "" : "`" + value + "`",
                            setting.description().replace("|", "\\|")));
        }
        return table.toString();
    }
}
