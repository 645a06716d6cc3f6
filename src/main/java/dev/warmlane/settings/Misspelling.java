package dev.warmlane.settings;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;

/** Suggests what was meant by a name that does not exist, mostly a setting's. */
public final class Misspelling {
    /** What all names begin with, and a dot. */
    static final String PREFIX = "warmlane";

    private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^a-z0-9]");

    /** A suggestion may differ by one letter for every so many letters of the name. */
    private static final int LETTERS_A_MISTAKE = 7;

    /** Stands for the index of an element of a list. */
    private static final String ELEMENT = "[]";

    private static final Pattern PLACE = Pattern.compile("\\[\\d+]");
    private static final Pattern PLACE_IN_ENVIRONMENT = Pattern.compile("_\\d+(?=_|$)");

    /** The one setting that is a map, whose names are the policy's. */
    private static final String MAP = canonical("warmlane.routing.parameters");

    /** All settings; for elements of lists, with {@value #ELEMENT} in place of the index. */
    private static final List<String> NAMES = names();

    private static final Set<String> CANONICAL =
            NAMES.stream().map(Misspelling::canonical).collect(Collectors.toUnmodifiableSet());

    private Misspelling() {}

    /** The same for every spelling of a name: its letters and digits, in lower case. */
    static String canonical(String name) {
        return NEITHER_LETTER_NOR_DIGIT.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
    }

    /** What to expect instead of a name: where the settings are listed, and the nearest of them if there is one near. */
    static String insteadOf(String name) {
        String nearest = of(name);
        return "one that docs/settings.md lists" + (nearest == null ? "" : ", such as " + nearest);
    }

    /** What to expect instead of a name under a prefix of Spring's. */
    static String amongSprings(String name, List<String> often) {
        return often.stream()
                .filter(known -> mistakes(name, known) <= 2)
                .findFirst()
                .map(known -> "such as " + known)
                .orElse("one that Spring Boot or Spring Cloud Gateway lists");
    }

    /** What to expect instead of a word that is no name, but may be the end of one. */
    static String endingIn(String word, List<String> often) {
        String end = word.replace('-', '.');
        return often.stream()
                .filter(known -> known.equals(end) || known.endsWith("." + end))
                .findFirst()
                .map(known -> "such as " + known)
                .orElse("one that docs/settings.md lists, with its prefix");
    }

    /**
     * Letters to insert, delete or replace until a word is the one that may have been meant (Levenshtein 1966), by the rows of Wagner and
     * Fischer (1974).
     */
    public static int mistakes(String written, String meant) {
        int[] row = new int[meant.length() + 1];
        for (int j = 0; j <= meant.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= written.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= meant.length(); j++) {
                int replaced = diagonal + (written.charAt(i - 1) == meant.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[meant.length()];
    }

    /** Whether one word may have been meant for another. */
    static boolean isNear(String word, String meant) {
        return mistakes(word, meant) <= 1;
    }

    /** In the spelling of the environment if the name is in that, else in kebab case; null if none is near. */
    private static @Nullable String of(String name) {
        Matcher place = (name.indexOf('.') < 0 ? PLACE_IN_ENVIRONMENT : PLACE).matcher(name);
        List<String> places = place.results().map(MatchResult::group).toList();
        String written = canonical(place.replaceAll(""));
        return NAMES.stream()
                .filter(known -> mistakes(written, canonical(known)) <= written.length() / LETTERS_A_MISTAKE)
                .min(Comparator.comparingInt(known -> mistakes(written, canonical(known))))
                .map(known -> name.indexOf('.') < 0 ? environmentName(known) : known)
                .map(known -> withPlaces(known, places))
                .orElse(null);
    }

    /** Gives list elements the indexes of the name as it was written; 0 where it has none. */
    private static String withPlaces(String known, List<String> places) {
        String name = known;
        for (int i = 0; name.contains(ELEMENT); i++) {
            String first = known.indexOf('.') < 0 ? "_0" : "[0]";
            name = name.replaceFirst(Pattern.quote(ELEMENT), i < places.size() ? places.get(i) : first);
        }
        return name;
    }

    /** Whether a setting has this name, in whatever spelling but that of the environment; it may be of an element of a list or a map. */
    static boolean isOne(String name) {
        String written = canonical(PLACE.matcher(name).replaceAll(""));
        return CANONICAL.contains(written) || written.startsWith(MAP);
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        addBelow(PREFIX, WarmlaneSettings.class, names);
        return List.copyOf(names);
    }

    private static void addBelow(String group, Class<?> type, List<String> names) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = group + "." + SettingsInForce.kebabCase(component.getName());
            Class<?> element = ResolvableType.forType(component.getGenericType())
                    .as(List.class)
                    .getGeneric()
                    .resolve(Object.class);
            if (component.getType().isRecord()) {
                addBelow(name, component.getType(), names);
                continue;
            }
            names.add(name);
            if (element.isRecord()) {
                addBelow(name + ELEMENT, element, names);
            }
        }
    }

    private static String environmentName(String name) {
        return name.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }
}
