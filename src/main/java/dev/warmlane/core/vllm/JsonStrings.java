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

    private JsonStrings() {}

    /** How many bytes the escape at a backslash takes, or 0 if it is none. */
    static int escapeLength(byte[] bytes, int backslash, int end) {
        if (backslash + 1 >= end) {
            return 0;
        }
        if (bytes[backslash + 1] != 'u') {
            return ESCAPES.indexOf(bytes[backslash + 1]) >= 0 ? 2 : 0;
        }
        if (backslash + UNICODE_LENGTH > end) {
            return 0;
        }
        for (int i = backslash + 2; i < backslash + UNICODE_LENGTH; i++) {
            if (Character.digit(bytes[i], 16) < 0) {
                return 0;
            }
        }
        return UNICODE_LENGTH;
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
