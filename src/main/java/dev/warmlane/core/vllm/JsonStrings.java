package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The escapes of JSON strings. */
final class JsonStrings {
    private static final String ESCAPES = "\"\\/bfnrt";
    private static final String ESCAPED = "\"\\/\b\f\n\r\t";
    /** Of the longest escape of one character. */
    static final int UNICODE_LENGTH = 6;

    /** By their letters, escapes that all clients write alike. */
    private static final boolean[] USUAL = usual();

    /** Values of hexadecimal digits; -1: none. */
    private static final byte[] DIGITS = digits();

    private JsonStrings() {}

    private static boolean[] usual() {
        boolean[] usual = new boolean[256];
        for (int i = 0; i < ESCAPES.length(); i++) {
            usual[ESCAPES.charAt(i)] = ESCAPES.charAt(i) != '/';
        }
        return usual;
    }

    private static byte[] digits() {
        byte[] digits = new byte[256];
        for (int i = 0; i < digits.length; i++) {
            digits[i] = (byte) Character.digit(i < 0x80 ? i : 0, 16);
        }
        return digits;
    }

    /** Whether at a backslash stands an escape of two bytes that all clients write alike. Others are slashes, characters by number, or none. */
    static boolean isUsual(byte[] bytes, int backslash, int end) {
        return backslash + 1 < end && USUAL[bytes[backslash + 1] & 0xFF];
    }

    /**
     * The character that is escaped here by its number, of a pair of surrogates the one that they stand for; negative if none is. A
     * surrogate without the other one stands for itself.
     */
    static int numbered(byte[] bytes, int at, int end) {
        int first = codeUnit(bytes, at, end);
        if (first < Character.MIN_HIGH_SURROGATE || first > Character.MAX_HIGH_SURROGATE) {
            return first;
        }
        int second = codeUnit(bytes, at + UNICODE_LENGTH, end);
        return second < Character.MIN_LOW_SURROGATE || second > Character.MAX_LOW_SURROGATE
                ? first
                : Character.toCodePoint((char) first, (char) second);
    }

    /** Bytes that escaping this character by its number takes. */
    static int numberedLength(int character) {
        return character < Character.MIN_SUPPLEMENTARY_CODE_POINT ? UNICODE_LENGTH : 2 * UNICODE_LENGTH;
    }

    private static int codeUnit(byte[] bytes, int at, int end) {
        return end - at < UNICODE_LENGTH || bytes[at] != '\\' || bytes[at + 1] != 'u'
                ? -1
                : digit(bytes[at + 2]) << 12
                        | digit(bytes[at + 3]) << 8
                        | digit(bytes[at + 4]) << 4
                        | digit(bytes[at + 5]);
    }

    private static int digit(byte hexadecimal) {
        return DIGITS[hexadecimal & 0xFF];
    }

    /** Bytes that a character takes where nothing is escaped that need not be: six for a surrogate without the other one. */
    static int neededLength(int character) {
        if (character < ' ' || character == '"' || character == '\\') {
            return shortEscape(character) != 0 ? 2 : UNICODE_LENGTH;
        }
        if (character < 0x800) {
            return character < 0x80 ? 1 : 2;
        }
        if (character < Character.MIN_SURROGATE || character > Character.MAX_SURROGATE) {
            return character < Character.MIN_SUPPLEMENTARY_CODE_POINT ? 3 : 4;
        }
        return UNICODE_LENGTH;
    }

    /** The letter that escapes a character in two bytes; 0: none does, or it need not be escaped. */
    static int shortEscape(int character) {
        int known = character == '/' ? -1 : ESCAPED.indexOf(character);
        return known < 0 ? 0 : ESCAPES.charAt(known);
    }

    /** A text as a JSON string in ASCII. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next < ' ' || next > '~') {
                quoted.append("\\u%04x".formatted((int) next));
            } else if (next == '"' || next == '\\') {
                quoted.append('\\').append(next);
            } else {
                quoted.append(next);
            }
        }
        return quoted.append('"').toString();
    }

    /** The text of a scanned string between its quotes. Invalid UTF-8 becomes replacement characters. */
    static String decode(byte[] bytes, int start, int end, boolean escaped) {
        String raw = new String(bytes, start, end - start, UTF_8);
        if (!escaped) {
            return raw;
        }
        StringBuilder text = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char next = raw.charAt(i);
            if (next != '\\') {
                text.append(next);
            } else if (raw.charAt(i + 1) == 'u') {
                text.append((char) Integer.parseInt(raw, i + 2, i + UNICODE_LENGTH, 16));
                i += UNICODE_LENGTH - 1;
            } else {
                text.append(ESCAPED.charAt(ESCAPES.indexOf(raw.charAt(i + 1))));
                i++;
            }
        }
        return text.toString();
    }

    /**
     * Finds the byte at which a JSON string ends or escapes. A prompt is mostly long strings, so this loop is what parsing
     * costs.
     *
     * <p>Implementation notes: eight bytes are tested at once. XOR with a repeated byte turns its occurrences into zeros, and
     * {@code (x - 0x01..) & ~x & 0x80..} marks zero bytes; a borrow can mark a byte wrongly only above a true mark, so the
     * lowest mark is exact. The words are little endian to make the lowest mark the first in the text.
     */
    static final class QuoteSearch {
        private static final VarHandle WORDS =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        private static final long ONES = 0x0101010101010101L;
        private static final long HIGHS = 0x8080808080808080L;
        private static final long QUOTES = '"' * ONES;
        private static final long BACKSLASHES = '\\' * ONES;

        private QuoteSearch() {}

        /** The index of the first quote or backslash in {@code [from, to)}, or {@code to} if there is none. */
        static int next(byte[] bytes, int from, int to) {
            int i = from;
            for (; i <= to - 2 * Long.BYTES; i += 2 * Long.BYTES) {
                long first = marks((long) WORDS.get(bytes, i));
                long second = marks((long) WORDS.get(bytes, i + Long.BYTES));
                if ((first | second) != 0) {
                    return first != 0 ? i + firstMark(first) : i + Long.BYTES + firstMark(second);
                }
            }
            while (i < to && bytes[i] != '"' && bytes[i] != '\\') {
                i++;
            }
            return i;
        }

        private static long marks(long word) {
            long quotes = word ^ QUOTES;
            long backslashes = word ^ BACKSLASHES;
            return (((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes)) & HIGHS;
        }

        private static int firstMark(long marks) {
            return Long.numberOfTrailingZeros(marks) >>> 3;
        }
    }
}
