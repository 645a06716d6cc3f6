package dev.warmlane.core.vllm;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A release of vLLM, as far as behaviour depends on it: patches change none. */
public record EngineVersion(int major, int minor) implements Comparable<EngineVersion> {
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:\\D.*)?");

    private static final int LONGEST_TEXT = 100;

    /** What was read last: most engines of a fleet are of one release, and each is looked at every second. */
    private static volatile Read last = new Read("", null);

    private record Read(String text, @Nullable EngineVersion version) {}

    /** Reads what an engine says of itself, such as {@code 0.26.0} or {@code 0.27.0rc1.dev5+g1a2b}; null if that is no release. */
    public static @Nullable EngineVersion parse(@Nullable String text) {
        if (text == null) {
            return null;
        }
        Read read = last;
        if (!read.text.equals(text)) {
            Matcher parts = FORM.matcher(text);
            EngineVersion version = parts.matches()
                    ? new EngineVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)))
                    : null;
            read = new Read(text, version);
            last = read;
        }
        return read.version;
    }

    /**
     * What an engine calls its release in its response to {@code GET /version}; null if it says none, or more than
     * {@value #LONGEST_TEXT} characters.
     *
     * @throws JsonTokens.MalformedJsonException if the response is not one JSON object
     */
    public static @Nullable String in(byte[] response) {
        JsonScanner scanner = new JsonScanner(response);
        String version = null;
        scanner.enterObject();
        while (scanner.nextMember()) {
            String member = scanner.tokenText("version".length());
            boolean text = scanner.peek() == '"';
            scanner.skipValue();
            if ("version".equals(member)) {
                version = text ? scanner.tokenText(LONGEST_TEXT) : null;
            }
        }
        scanner.expectEnd();
        return version == null || version.length() > LONGEST_TEXT ? null : version;
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
