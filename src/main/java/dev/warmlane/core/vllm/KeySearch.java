package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Finds the values of a key in text that holds JSON, whole or in part: a body, the events of a stream, or the tail of either.
 * No parsing is needed to tell a key from what a model wrote, because inside of strings every quote is escaped.
 */
final class KeySearch {
    static final int NONE = -1;

    private final byte[] quotedKey;

    KeySearch(String key) {
        quotedKey = ('"' + key + '"').getBytes(US_ASCII);
    }

    /** Where the key's first value in {@code [from, end)} starts, or {@link #NONE}. */
    int first(byte[] text, int from, int end) {
        for (int i = from; i <= end - quotedKey.length; i++) {
            int value = valueAt(text, i, end);
            if (value != NONE) {
                return value;
            }
        }
        return NONE;
    }

    /** Where the key's last value in {@code [start, end)} starts, or {@link #NONE}. */
    int last(byte[] text, int start, int end) {
        for (int i = end - quotedKey.length; i >= start; i--) {
            int value = valueAt(text, i, end);
            if (value != NONE) {
                return value;
            }
        }
        return NONE;
    }

    private int valueAt(byte[] text, int at, int end) {
        int keyEnd = at + quotedKey.length;
        if (text[at] != '"' || !Arrays.equals(text, at, keyEnd, quotedKey, 0, quotedKey.length)) {
            return NONE;
        }
        int colon = skipSpaces(text, keyEnd, end);
        if (colon == end || text[colon] != ':') {
            return NONE;
        }
        int value = skipSpaces(text, colon + 1, end);
        return value == end ? NONE : value;
    }

    private static int skipSpaces(byte[] text, int from, int end) {
        int i = from;
        while (i < end && JsonTokens.isSpace(text[i])) {
            i++;
        }
        return i;
    }
}
