package dev.warmlane.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpConstants;
import org.jspecify.annotations.Nullable;

/**
 * Reads the size lines of a chunked body before Netty does, which puts up with more than RFC 9112, section 7.1, has: sizes of
 * any number of zeros, and extensions that are no extensions. What is refused here another server may read as another size. One
 * for each connection.
 */
final class ChunkLines {
    /** More would not fit the 64 bits that other servers count in, leading zeros included. */
    private static final int MAX_DIGITS = 16;

    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private enum Next {
        SIZE,
        DATA,
        DATA_END,
        TRAILERS,
        NOTHING
    }

    private final int maxExtensionBytes;
    private Next next = Next.NOTHING;
    private long left;
    private int lineBytes;
    private int extensionBytes;

    /** @param maxExtensionBytes of all chunks of a body together */
    ChunkLines(int maxExtensionBytes) {
        this.maxExtensionBytes = maxExtensionBytes;
    }

    /** A chunked body begins. */
    void begin() {
        next = Next.SIZE;
        extensionBytes = 0;
    }

    /** The body is over. */
    void end() {
        next = Next.NOTHING;
    }

    boolean inTrailers() {
        return next == Next.TRAILERS;
    }

    /** What is wrong with the size line that is next, or null: then it is fine, not there yet, or for Netty to refuse. */
    @Nullable
    String problem(ByteBuf in) {
        if (next != Next.SIZE) {
            return null;
        }
        int start = in.readerIndex();
        int lineFeed = in.indexOf(start, in.writerIndex(), HttpConstants.LF);
        int end = lineFeed < 0 ? in.writerIndex() : lineFeed;
        int digits = start;
        left = 0;
        while (digits < end && hex(in.getByte(digits)) >= 0) {
            left = left * 16 + hex(in.getByte(digits));
            digits++;
        }
        if (digits - start > MAX_DIGITS) {
            return "chunk size (expected: at most 16 digits)";
        }
        if (lineFeed < 0) {
            return null;
        }
        lineBytes = lineFeed + 1 - start;
        int lineEnd = end > start && in.getByte(end - 1) == HttpConstants.CR ? end - 1 : end;
        extensionBytes += lineEnd - digits;
        if (extensionBytes > maxExtensionBytes) {
            return "chunk extensions (expected: fewer)";
        }
        return digits == start || !isExtensions(in, digits, lineEnd) ? "chunk size (expected: a number)" : null;
    }

    /** Netty has read so many bytes, beginning with what {@link #problem} looked at. */
    void consumed(int bytes) {
        int rest = bytes;
        if (next == Next.SIZE && rest > 0) {
            rest -= lineBytes;
            next = left == 0 ? Next.TRAILERS : Next.DATA;
        }
        if (next == Next.DATA) {
            long data = Math.min(left, rest);
            left -= data;
            rest -= (int) data;
            next = left == 0 ? Next.DATA_END : Next.DATA;
        }
        if (next == Next.DATA_END && rest > 0) {
            next = Next.SIZE;
        }
    }

    /** Whether this is {@code *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )}. */
    private static boolean isExtensions(ByteBuf in, int start, int end) {
        int i = start;
        while (i < end) {
            i = skipSpaces(in, i, end);
            if (i == end || in.getByte(i) != ';') {
                return false;
            }
            int name = skipSpaces(in, i + 1, end);
            i = skipToken(in, name, end);
            if (i == name) {
                return false;
            }
            int equals = skipSpaces(in, i, end);
            if (equals < end && in.getByte(equals) == '=') {
                int value = skipSpaces(in, equals + 1, end);
                i = value < end && in.getByte(value) == '"'
                        ? skipQuoted(in, value + 1, end)
                        : skipToken(in, value, end);
                if (i <= value) {
                    return false;
                }
            }
        }
        return true;
    }

    private static int skipSpaces(ByteBuf in, int start, int end) {
        int i = start;
        while (i < end && (in.getByte(i) == HttpConstants.SP || in.getByte(i) == HttpConstants.HT)) {
            i++;
        }
        return i;
    }

    private static int skipToken(ByteBuf in, int start, int end) {
        int i = start;
        while (i < end && isTokenCharacter((char) (in.getByte(i) & 0xff))) {
            i++;
        }
        return i;
    }

    /** To behind the closing quote; -1 if there is none, or a control character before it. */
    private static int skipQuoted(ByteBuf in, int start, int end) {
        for (int i = start; i < end; i++) {
            byte c = in.getByte(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\') {
                i++;
            }
            if (i == end || isControl(in.getByte(i))) {
                return -1;
            }
        }
        return -1;
    }

    private static boolean isControl(byte c) {
        return (c >= 0 && c < ' ' && c != HttpConstants.HT) || c == 0x7f;
    }

    private static boolean isTokenCharacter(char c) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || TOKEN_PUNCTUATION.indexOf(c) >= 0;
    }

    private static int hex(byte c) {
        return c < 0 ? -1 : Character.digit(c, 16);
    }
}
