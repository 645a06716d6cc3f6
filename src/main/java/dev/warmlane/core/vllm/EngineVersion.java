package dev.warmlane.core.vllm;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A release of vLLM, as far as behaviour depends on it: patches change none. */
public record EngineVersion(int major, int minor) implements Comparable<EngineVersion> {
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:\\D.*)?");

    /** Reads what an engine says of itself, such as {@code 0.26.0} or {@code 0.27.0rc1.dev5+g1a2b}; null if that is no release. */
    public static @Nullable EngineVersion parse(@Nullable String text) {
        Matcher parts = FORM.matcher(text == null ? "" : text);
        return parts.matches()
                ? new EngineVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)))
                : null;
    }

    @Override
    public int compareTo(EngineVersion other) {
        return major == other.major ? Integer.compare(minor, other.minor) : Integer.compare(major, other.major);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
