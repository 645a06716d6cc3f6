package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.jspecify.annotations.Nullable;

/**
 * A cursor over the samples of a Prometheus text exposition (format 0.0.4) whose names start with a prefix. It allocates
 * nothing for lines that nobody asks about: a line is split only when its value or a label is wanted. What is malformed
 * reads as no value and no label, never as an exception. For one thread.
 */
final class PrometheusText {
    /** Longer than any number that a float64 needs. */
    private static final int MAX_NUMBER_LENGTH = 64;

    private final byte[] text;
    private final String prefix;
    private int nextLine;
    private int nameStart;
    private int nameEnd;
    private int lineEnd;

    PrometheusText(byte[] text, String prefix) {
        this.text = text;
        this.prefix = prefix;
    }

    /** Moves to the next sample; false at the end. */
    boolean next() {
        while (nextLine < text.length) {
            int start = nextLine;
            lineEnd = endOfLine(start);
            nextLine = lineEnd + 1;
            nameStart = skipBlanks(start);
            if (startsWith(prefix, nameStart)) {
                nameEnd = nameStart + prefix.length();
                while (nameEnd < lineEnd && text[nameEnd] != '{' && !isBlank(text[nameEnd])) {
                    nameEnd++;
                }
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
        int at = skipBlanks(nameEnd);
        if (at >= lineEnd || text[at] != '{') {
            return null;
        }
        LabelCursor labels = new LabelCursor(text, at + 1, lineEnd);
        while (labels.next()) {
            if (labels.isNamed(name)) {
                return labels.value();
            }
        }
        return null;
    }

    private double number(int start, int end) {
        try {
            return Double.parseDouble(new String(text, start, end - start, ISO_8859_1));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private boolean startsWith(String expected, int at) {
        int end = at + expected.length();
        return end <= lineEnd && isText(expected, text, at, end);
    }

    private int endOfLine(int from) {
        int at = from;
        while (at < text.length && text[at] != '\n') {
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
}
