package dev.warmlane.core.vllm;

/**
 * A body that is not the JSON it should be. The message names the offset of the offending byte and what was expected
 * there, never what the body says.
 */
public final class MalformedJsonException extends RuntimeException {
    private final int offset;

    MalformedJsonException(int offset, String expected) {
        super("JSON at byte %d: malformed (expected: %s)".formatted(offset, expected));
        this.offset = offset;
    }

    /** Bytes of the body before the offending one. */
    public int offset() {
        return offset;
    }
}
