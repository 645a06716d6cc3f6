package dev.warmlane.core.vllm;

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
    SYSTEM_BLOCK(0, "x-anthropic-billing-header", 18),
    /** The same in system messages, as a block of its own or as the first line (0.33, read). */
    SYSTEM_MESSAGE(1, "x-anthropic-billing-header", 33);

    private final int code;
    private final String beginning;
    private final int sinceMinor;

    /**
     * @param code its place in this table
     * @param sinceMinor the release of major version 0
     */
    StrippedText(int code, String beginning, int sinceMinor) {
        this.code = code;
        this.beginning = beginning;
        this.sinceMinor = sinceMinor;
    }

    int code() {
        return code;
    }

    /** Whether a JSON string of the body, given with its quotes, begins like this one. */
    boolean begins(byte[] body, int start, int end) {
        if (end - start < beginning.length() + 2) {
            return false;
        }
        for (int i = 0; i < beginning.length(); i++) {
            if (body[start + 1 + i] != beginning.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether engines of this release take it out; of unknown ones the newest are assumed. */
    boolean strippedBy(@Nullable EngineVersion version) {
        return version == null || version.major() > 0 || version.minor() >= sinceMinor;
    }
}
