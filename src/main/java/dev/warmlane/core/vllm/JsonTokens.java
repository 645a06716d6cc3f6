package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.JsonStrings.QuoteSearch;
import java.util.Arrays;

/**
 * Reads the tokens of JSON text one after the other: white space, strings, numbers and literals. Not thread-safe.
 *
 * <p>It accepts what Python's {@code json.loads}, and so vLLM, accepts: {@code NaN} and {@code Infinity} are numbers, and a byte
 * order mark may come first. It accepts a little more, namely control characters and invalid UTF-8 inside strings, which vLLM then refuses itself.
 */
public final class JsonTokens {
    /** Characters in a number. */
    static final int MAX_NUMBER_LENGTH = 1024;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final byte[] bytes;
    private final int origin;
    private final int end;
    private int position;
    private int surplus;
    private int rewrites;
    private int stringStart;
    private int stringEnd;
    private boolean escaped;

    JsonTokens(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.origin = offset;
        this.end = offset + length;
        this.position = afterByteOrderMark(bytes, offset, end);
    }

    private static int afterByteOrderMark(byte[] bytes, int from, int end) {
        int after = from + BYTE_ORDER_MARK.length;
        return after <= end && Arrays.equals(bytes, from, after, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length)
                ? after
                : from;
    }

    byte[] bytes() {
        return bytes;
    }

    int position() {
        return position;
    }

    void moveTo(int newPosition) {
        position = newPosition;
    }

    /** Bytes read over so far that {@link CanonicalText} leaves out: white space, and what escapes take more than they need. */
    int surplus() {
        return surplus;
    }

    /** How often {@link CanonicalText} writes escapes that were read over in another way; several in a row may count once. */
    int rewrites() {
        return rewrites;
    }

    /** Where the last string starts, at its quote. */
    int stringStart() {
        return stringStart;
    }

    /** Where the last string ends, after its quote. */
    int stringEnd() {
        return stringEnd;
    }

    /** Whether the last string holds an escape. */
    boolean escaped() {
        return escaped;
    }

    /** The first byte of the next token. */
    byte peek() {
        skipSpaces();
        if (position == end) {
            throw malformed("more text");
        }
        return bytes[position];
    }

    /** Fails unless only white space is left. */
    void expectEnd() {
        skipSpaces();
        if (position < end) {
            throw malformed("the end");
        }
    }

    /** Reads over a byte that must come next. */
    void expect(byte wanted, String expected) {
        if (peek() != wanted) {
            throw malformed(expected);
        }
        position++;
    }

    /** Reads over the byte that {@link #peek} found. */
    void advance() {
        position++;
    }

    /** Reads a string, a number or a literal that starts with this byte, at the position. */
    void scalar(byte first) {
        switch (first) {
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            case 'N' -> literal("NaN");
            case 'I' -> literal("Infinity");
            default -> number(first);
        }
    }

    MalformedJsonException malformed(String expected) {
        return new MalformedJsonException(position - origin, expected);
    }

    static boolean isSpace(byte candidate) {
        return candidate == ' ' || candidate == '\n' || candidate == '\r' || candidate == '\t';
    }

    private void skipSpaces() {
        int start = position;
        while (position < end && isSpace(bytes[position])) {
            position++;
        }
        surplus += position - start;
    }

    private void string() {
        int i = QuoteSearch.next(bytes, position + 1, end);
        escaped = false;
        while (i < end && bytes[i] == '\\') {
            escaped = true;
            i = QuoteSearch.next(bytes, afterEscape(i), end);
        }
        if (i == end) {
            position = end;
            throw malformed("the end of a string");
        }
        stringStart = position;
        stringEnd = i + 1;
        position = stringEnd;
    }

    private int afterEscape(int backslash) {
        if (JsonStrings.isUsual(bytes, backslash, end)) {
            return backslash + 2;
        }
        int after = afterUnusual(backslash);
        if (after == backslash) {
            position = backslash;
            throw malformed("an escape");
        }
        return after;
    }

    /** Where a slash or characters by their numbers end: a text in another script is nothing else where clients escape it. */
    private int afterUnusual(int backslash) {
        rewrites++;
        if (backslash + 1 < end && bytes[backslash + 1] == '/') {
            surplus++;
            return backslash + 2;
        }
        int i = backslash;
        int character = JsonStrings.numbered(bytes, i, end);
        while (character >= 0) {
            int length = JsonStrings.numberedLength(character);
            surplus += length - JsonStrings.neededLength(character);
            i += length;
            character = JsonStrings.numbered(bytes, i, end);
        }
        return i;
    }

    private void literal(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (position + i >= end || bytes[position + i] != text.charAt(i)) {
                throw malformed("a value");
            }
        }
        position += text.length();
    }

    private void number(byte first) {
        int start = position;
        if (first == '-') {
            position++;
            if (at('I')) {
                literal("Infinity");
                return;
            }
        }
        int leading = position;
        digits("a value");
        if (bytes[leading] == '0' && position - leading > 1) {
            throw malformed("no leading zero");
        }
        if (at('.')) {
            position++;
            digits("a digit");
        }
        if (at('e') || at('E')) {
            position++;
            if (at('+') || at('-')) {
                position++;
            }
            digits("a digit");
        }
        if (position - start > MAX_NUMBER_LENGTH) {
            throw malformed("at most " + MAX_NUMBER_LENGTH + " characters in a number");
        }
    }

    private void digits(String expected) {
        int start = position;
        while (position < end && bytes[position] >= '0' && bytes[position] <= '9') {
            position++;
        }
        if (position == start) {
            throw malformed(expected);
        }
    }

    private boolean at(char wanted) {
        return position < end && bytes[position] == wanted;
    }

    /**
     * A body that is not the JSON it should be. The message names the offset of the offending byte and what was expected
     * there, never what the body says.
     */
    public static final class MalformedJsonException extends RuntimeException {
        MalformedJsonException(int offset, String expected) {
            super("JSON at byte %d: malformed (expected: %s)".formatted(offset, expected));
        }
    }
}
