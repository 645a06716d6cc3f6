package dev.warmlane.settings;

import java.util.regex.Pattern;

/** Tells by their names which settings have values that are nobody's business; misspelt ones too. */
final class Secrets {
    /** What is shown instead. */
    static final String MASK = "***";

    private static final Pattern SECRET = Pattern.compile("(?i)(key|salt|secret|token|password)s?(\\[\\d+])?$");

    private Secrets() {}

    static boolean isSecret(String name) {
        return SECRET.matcher(name).find();
    }
}
