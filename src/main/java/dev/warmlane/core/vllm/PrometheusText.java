package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.core.vllm.JsonStrings.QuoteSearch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the samples of a Prometheus text exposition (format 0.0.4) whose names begin with one of some words of eight
 * bytes. It allocates nothing for lines that nobody asks about: a line is split only when its value or a label is wanted. What
 * is malformed reads as no value and no label, never as an exception. For one thread.
 *
 * <p>Implementation notes: most lines are of no interest, so passing them over is what reading costs. Line ends are searched
 * eight bytes at once as in {@link QuoteSearch}, and one comparison of words decides on a line.
 */
final class PrometheusText {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long LINE_ENDS = '\n' * ONES;

    /** Longer than any number that a float64 needs. */
    private static final int MAX_NUMBER_LENGTH = 64;

    private final byte[] text;
    private final int end;
    private final long[] beginnings;
    private int nextLine;
    private int nameStart;
    private int nameEnd;
    private int lineEnd;

    /**
     * @param start of the text, at the start of a line
     * @param end of the text
     * @param beginnings of the names that are wanted, as {@link #beginning} gives them
     */
    PrometheusText(byte[] text, int start, int end, long[] beginnings) {
        this.text = text;
        this.nextLine = start;
        this.end = end;
        this.beginnings = beginnings;
    }

    /** The first eight bytes of an ASCII name as one word. */
    static long beginning(String name) {
        return (long) WORDS.get(name.getBytes(US_ASCII), 0);
    }

    /** Moves to the next sample; false at the end. */
    boolean next() {
        while (nextLine < end) {
            int start = nextLine;
            lineEnd = endOfLine(text, start, end);
            nextLine = lineEnd + 1;
            nameStart = skipBlanks(start);
            if (isWanted()) {
                nameEnd = nameStart + Long.BYTES;
                while (nameEnd < lineEnd && text[nameEnd] != '{' && !isBlank(text[nameEnd])) {
                    nameEnd++;
                }
                return true;
            }
        }
        return false;
    }

    private boolean isWanted() {
        if (lineEnd - nameStart < Long.BYTES) {
            return false;
        }
        long word = (long) WORDS.get(text, nameStart);
        for (long beginning : beginnings) {
            if (word == beginning) {
                return true;
            }
        }
        return false;
    }

    /** Whether the sample has exactly this name. */
    boolean isNamed(String name) {
        return isText(name, text, nameStart, nameEnd);
    }

    /** The sample's value; NaN where there is no number. */
    double value() {
        int at = skipBlanks(nameEnd);
        if (at < lineEnd && text[at] == '{') {
            LabelCursor labels = new LabelCursor(text, at + 1, lineEnd);
            if (!labels.skipAll()) {
                return Double.NaN;
            }
            at = skipBlanks(labels.position());
        }
        int end = at;
        while (end < lineEnd && isPartOfNumber(text[end])) {
            end++;
        }
        boolean cutShort = end < lineEnd && !isBlank(text[end]);
        return cutShort || end - at > MAX_NUMBER_LENGTH ? Double.NaN : number(at, end);
    }

    /** The unescaped value of a label of the sample; null where it has none of that name. */
    @Nullable
    String label(String name) {
        LabelCursor labels = labels();
        while (labels.next()) {
            if (labels.isNamed(name)) {
                return labels.value();
            }
        }
        return null;
    }

    /** All labels of the sample. */
    LabelCursor labels() {
        int at = skipBlanks(nameEnd);
        boolean none = at >= lineEnd || text[at] != '{';
        return new LabelCursor(text, none ? lineEnd : at + 1, lineEnd);
    }

    private double number(int start, int end) {
        try {
            return Double.parseDouble(new String(text, start, end - start, ISO_8859_1));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** The index of the first line end in {@code [from, to)}, or {@code to} if there is none. */
    static int endOfLine(byte[] text, int from, int to) {
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            long word = (long) WORDS.get(text, at) ^ LINE_ENDS;
            long marks = (word - ONES) & ~word & HIGHS;
            if (marks != 0) {
                return at + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
        }
        while (at < to && text[at] != '\n') {
            at++;
        }
        return at;
    }

    private int skipBlanks(int from) {
        int at = from;
        while (at < lineEnd && isBlank(text[at])) {
            at++;
        }
        return at;
    }

    private static boolean isPartOfNumber(byte b) {
        return (b >= '0' && b <= '9') || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E';
    }

    /** Whether these bytes are this ASCII text. */
    static boolean isText(String ascii, byte[] text, int start, int end) {
        if (end - start != ascii.length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (text[start + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }

    /** A cursor over the labels of one sample, {@code name="value",...}} up to the closing brace. For one thread. */
    static final class LabelCursor {
        private final byte[] text;
        private final int end;
        private int at;
        private int nameStart;
        private int nameEnd;
        private int valueStart;
        private int valueEnd;
        private boolean closed;

        /**
         * @param start the first byte after the opening brace
         * @param end the end of the line
         */
        LabelCursor(byte[] text, int start, int end) {
            this.text = text;
            this.at = start;
            this.end = end;
        }

        /** Moves to the next label; false after the last one, or where the line stops making sense. */
        boolean next() {
            while (at < end && (text[at] == ',' || PrometheusText.isBlank(text[at]))) {
                at++;
            }
            if (at < end && text[at] == '}') {
                at++;
                closed = true;
                return false;
            }
            nameStart = at;
            while (at < end && isPartOfName(text[at])) {
                at++;
            }
            nameEnd = at;
            if (nameEnd == nameStart || !consume('=') || !consume('"')) {
                return false;
            }
            valueStart = at;
            while (at < end && text[at] != '"') {
                at += text[at] == '\\' ? 2 : 1;
            }
            valueEnd = at;
            return consume('"');
        }

        /** Moves past the last label; whether the closing brace was there. */
        boolean skipAll() {
            boolean more = next();
            while (more) {
                more = next();
            }
            return closed;
        }

        /** Where the next byte is read; after the last label, what follows the closing brace. */
        int position() {
            return at;
        }

        /** Whether the current label has this name. */
        boolean isNamed(String name) {
            return PrometheusText.isText(name, text, nameStart, nameEnd);
        }

        /** The value of the current label, with {@code \\}, {@code \"} and {@code \n} resolved. */
        String value() {
            String raw = new String(text, valueStart, valueEnd - valueStart, UTF_8);
            if (raw.indexOf('\\') < 0) {
                return raw;
            }
            StringBuilder unescaped = new StringBuilder(raw.length());
            for (int i = 0; i < raw.length(); i++) {
                char c = raw.charAt(i);
                if (c == '\\' && i + 1 < raw.length()) {
                    char escaped = raw.charAt(++i);
                    unescaped.append(escaped == 'n' ? '\n' : escaped);
                } else {
                    unescaped.append(c);
                }
            }
            return unescaped.toString();
        }

        private boolean consume(char expected) {
            while (at < end && PrometheusText.isBlank(text[at])) {
                at++;
            }
            if (at < end && text[at] == expected) {
                at++;
                return true;
            }
            return false;
        }

        private static boolean isPartOfName(byte b) {
            return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_';
        }
    }
}
