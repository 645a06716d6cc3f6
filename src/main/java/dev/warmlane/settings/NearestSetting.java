package dev.warmlane.settings;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The setting that somebody may have meant who wrote one that does not exist. Read from the configuration metadata of the jar. */
final class NearestSetting {
    private static final String METADATA = "/META-INF/spring-configuration-metadata.json";

    /** Mistakes that a name may have and still be meant: one for every so many letters. */
    private static final int LETTERS_A_MISTAKE = 7;

    private NearestSetting() {}

    /** What to expect instead of a name: where the settings are listed, and the nearest of them if there is one near. */
    static String insteadOf(String name) {
        String nearest = of(name);
        return "one that docs/settings.md lists" + (nearest == null ? "" : ", such as " + nearest);
    }

    /** What to expect instead of a name under a prefix of Spring's. */
    static String amongSprings(String name, List<String> often) {
        return often.stream()
                .filter(known -> distance(known, name) <= 2)
                .findFirst()
                .map(known -> "such as " + known)
                .orElse("one that Spring Boot or Spring Cloud Gateway lists");
    }

    /** In the spelling of the environment if the name is in that, else in kebab case; null if none is near. */
    private static @Nullable String of(String name) {
        String written = SettingNames.canonical(name);
        return names().stream()
                .filter(known ->
                        distance(SettingNames.canonical(known), written) <= written.length() / LETTERS_A_MISTAKE)
                .min(Comparator.comparingInt(known -> distance(SettingNames.canonical(known), written)))
                .map(known -> name.indexOf('.') < 0 ? environmentName(known) : known)
                .orElse(null);
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        try (InputStream metadata = NearestSetting.class.getResourceAsStream(METADATA)) {
            if (metadata != null) {
                for (JsonNode property : JsonMapper.shared().readTree(metadata).path("properties")) {
                    names.add(property.path("name").asString(""));
                }
            }
        } catch (IOException unreadable) {
            // The message does without.
        }
        return names;
    }

    private static String environmentName(String name) {
        return name.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }

    /** Letters to insert, delete or replace to make one of the other (Levenshtein 1966, by the rows of Wagner and Fischer 1974). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
