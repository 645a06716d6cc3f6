package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.JsonStrings.QuoteSearch;

/**
 * JSON text in the one form that all clients' texts have in common, which is how JavaScript writes it: no white space between
 * tokens, only quotes, backslashes, control characters and surrogates without their pair escaped, the short way where there is
 * one, else in lower case. So a text has the same bytes whether its client escapes what is not ASCII, slashes or HTML, or nothing.
 *
 * <p>The text must have been read by {@link JsonTokens}. Not thread-safe.
 */
final class CanonicalText {
    private static final int ESCAPE_LENGTH = JsonStrings.UNICODE_LENGTH;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    /** Large enough for what follows an escape to be worth copying to it, up to a tenth. */
    private static final int BUFFER = 1024;

    private static final int WORTH_COPYING = BUFFER / 10;
    private static final byte[] NO_BUFFER = {};

    private final byte[] text;
    private final PromptSink sink;
    private byte[] buffer = NO_BUFFER;
    private int buffered;
    private int from;

    CanonicalText(byte[] text, PromptSink sink) {
        this.text = text;
        this.sink = sink;
    }

    /** Bytes that a part of a string takes. */
    static int length(byte[] text, int start, int end) {
        int[] sum = {0};
        new CanonicalText(text, (bytes, offset, length) -> sum[0] += length).string(start, end);
        return sum[0];
    }

    /** Passes on a value. */
    void value(int start, int end) {
        from = start;
        int i = start;
        while (i < end) {
            byte next = text[i];
            if (next == '"') {
                i = afterString(i + 1, end);
            } else if (JsonTokens.isSpace(next)) {
                passOn(i);
                from = ++i;
            } else {
                i++;
            }
        }
        finish(end);
    }

    /** Passes on a string, or a part of one that does not end within an escape. */
    void string(int start, int end) {
        from = start;
        afterString(text[start] == '"' ? start + 1 : start, end);
        finish(end);
    }

    /** Reads on to the end of a string, after its quote. */
    private int afterString(int start, int end) {
        int i = QuoteSearch.next(text, start, end);
        while (i < end && text[i] == '\\') {
            i = QuoteSearch.next(text, JsonStrings.isUsual(text, i, end) ? i + 2 : afterUnusual(i, end), end);
        }
        return i + 1;
    }

    private int afterUnusual(int backslash, int end) {
        passOn(backslash);
        int i = backslash;
        if (text[i + 1] == '/') {
            write('/');
            i += 2;
        }
        int character = JsonStrings.numbered(text, i, end);
        while (character >= 0) {
            write(character);
            i += JsonStrings.numberedLength(character);
            character = JsonStrings.numbered(text, i, end);
        }
        from = i;
        return i;
    }

    /** Passes on what stands as it should, up to there. */
    private void passOn(int end) {
        int length = end - from;
        if (buffered > 0 && length <= WORTH_COPYING) {
            makeRoom(length);
            System.arraycopy(text, from, buffer, buffered, length);
            buffered += length;
        } else if (length > 0) {
            flush();
            sink.accept(text, from, length);
        }
    }

    private void finish(int end) {
        passOn(end);
        flush();
    }

    private void write(int character) {
        makeRoom(ESCAPE_LENGTH);
        byte[] to = buffer;
        int at = buffered;
        int length = JsonStrings.neededLength(character);
        if (length == ESCAPE_LENGTH) {
            to[at] = '\\';
            to[at + 1] = 'u';
            for (int i = 2; i < ESCAPE_LENGTH; i++) {
                to[at + i] = HEX[(character >> (4 * (ESCAPE_LENGTH - 1 - i))) & 0xF];
            }
        } else if (length == 1) {
            to[at] = (byte) character;
        } else if (character < 0x80) {
            to[at] = '\\';
            to[at + 1] = (byte) JsonStrings.shortEscape(character);
        } else {
            // UTF-8: the first byte says how many there are, and each other one has six bits.
            int left = character;
            for (int i = length - 1; i > 0; i--) {
                to[at + i] = (byte) (0x80 | (left & 0x3F));
                left >>= 6;
            }
            to[at] = (byte) ((0xF00 >> length) | left);
        }
        buffered = at + length;
    }

    private void makeRoom(int bytes) {
        if (buffer.length == 0) {
            buffer = new byte[BUFFER];
        } else if (buffered + bytes > BUFFER) {
            flush();
        }
    }

    private void flush() {
        if (buffered > 0) {
            sink.accept(buffer, 0, buffered);
            buffered = 0;
        }
    }
}
