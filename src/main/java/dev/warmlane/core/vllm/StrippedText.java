package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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
