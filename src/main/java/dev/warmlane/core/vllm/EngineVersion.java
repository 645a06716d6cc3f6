package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
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

    /**
     * Texts that clients put into prompts and engines take out again, since they change with every request: what comes after them
     * could not be shared otherwise. One line for each place, with the release from which engines do so.
     */
    enum StrippedText {
        /**
         * Claude Code's attribution, as a text block of its own in the {@code system} list of /v1/messages (vllm#36829; a real 0.26.0
         * does, and leaves it where {@code system} is one text).
         */
        SYSTEM_BLOCK("x-anthropic-billing-header", 18),
        /** The same in system messages, as a block of its own or as the first line (0.33, read). */
        SYSTEM_MESSAGE("x-anthropic-billing-header", 33);

        @SuppressWarnings("ImmutableEnumChecker") // never written
        private final byte[] beginning;

        private final int sinceMinor;

        /** @param sinceMinor the release of major version 0 */
        StrippedText(String beginning, int sinceMinor) {
            this.beginning = beginning.getBytes(US_ASCII);
            this.sinceMinor = sinceMinor;
        }

        @SuppressWarnings("EnumOrdinal") // It is kept nowhere.
        int code() {
            return ordinal();
        }

        /** Whether a JSON string of the body, given with its quotes, begins like this one. */
        boolean begins(byte[] body, int start, int end) {
            int from = start + 1;
            return end - from > beginning.length
                    && Arrays.equals(body, from, from + beginning.length, beginning, 0, beginning.length);
        }

        /** Whether engines of this release take it out; of unknown ones the newest are assumed. */
        boolean strippedBy(@Nullable EngineVersion version) {
            return version == null || version.major() > 0 || version.minor() >= sinceMinor;
        }
    }
}
