package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

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
}
