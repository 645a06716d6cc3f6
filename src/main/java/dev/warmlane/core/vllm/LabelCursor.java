package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

/** A cursor over the labels of one sample, {@code name="value",...}} up to the closing brace. For one thread. */
final class LabelCursor {
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
