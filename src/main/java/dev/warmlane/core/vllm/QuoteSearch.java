package dev.warmlane.core.vllm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the byte at which a JSON string ends or escapes. A prompt is mostly long strings, so this loop is what parsing
 * costs.
 *
 * <p>Implementation notes: eight bytes are tested at once. XOR with a repeated byte turns its occurrences into zeros, and
 * {@code (x - 0x01..) & ~x & 0x80..} marks zero bytes; a borrow can mark a byte wrongly only above a true mark, so the
 * lowest mark is exact. The words are little endian to make the lowest mark the first in the text.
 */
final class QuoteSearch {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
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
