package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Arguments;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The vLLM release whose wire format a server speaks. Two generations are told apart: up to 0.10, and the newest. */
public record VllmVersion(int major, int minor, int patch) {
    public static final VllmVersion NEWEST = new VllmVersion(0, 28, 0);
    public static final VllmVersion V0_10_0 = new VllmVersion(0, 10, 0);

    private static final Pattern FORM = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");

    /**
     * Reads a version with two or three parts.
     *
     * @throws IllegalArgumentException unless the text is like {@code 0.10.0}
     */
    public static VllmVersion parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw Arguments.wrong("vLLM version", text, "like 0.10.0");
        }
        int patch = parts.group(3) == null ? 0 : Integer.parseInt(parts.group(3));
        return new VllmVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)), patch);
    }

    /** Whether this is the old generation: errors without an {@code error} object, {@code gpu_} metrics. */
    boolean isLegacy() {
        return major == 0 && minor <= 10;
    }

    /** Whether this is release 0.{@code minor} or a later one. */
    boolean isSince(int firstMinor) {
        return major > 0 || minor >= firstMinor;
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
