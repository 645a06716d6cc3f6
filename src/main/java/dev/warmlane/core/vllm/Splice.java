package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * A text in place of some bytes of a body; all others stay as they were. Immutable.
 *
 * @param start of the bytes that the text replaces
 * @param end of these, exclusive
 * @param text ASCII
 */
record Splice(int start, int end, String text) {
    /** In place of the value that was read last. */
    static Splice ofValue(JsonScanner scanner, String text) {
        return new Splice(scanner.tokenStart(), scanner.tokenEnd(), text);
    }

    static Splice at(int position, String text) {
        return new Splice(position, position, text);
    }

    Splice with(String other) {
        return new Splice(start, end, other);
    }

    /** A new body with the text in it. */
    byte[] applyTo(byte[] body) {
        byte[] result = new byte[body.length - (end - start) + text.length()];
        System.arraycopy(body, 0, result, 0, start);
        System.arraycopy(text.getBytes(US_ASCII), 0, result, start, text.length());
        System.arraycopy(body, end, result, start + text.length(), body.length - end);
        return result;
    }
}
