package dev.warmlane.engines.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Map.Entry;

/**
 * Joins the buffers that Netty's encoders make of one message, such as a head and a small body, or an event and the frame of its
 * chunk: copying them costs less than a promise and an entry among the channel's writes for each.
 */
public final class SmallBuffers {
    static final int CRLF = '\r' << 8 | '\n';

    /** Where copying begins to cost what it saves. */
    private static final int LARGEST_BYTES = 8 * 1024;

    /** Four digits and two ends of lines. */
    private static final int FRAME_BYTES = 8;

    private SmallBuffers() {}

    /** Whether it is better copied than sent as it is. */
    public static boolean isSmall(ByteBuf buffer) {
        return buffer.readableBytes() <= LARGEST_BYTES;
    }

    /** Puts one buffer in the place of several, unless they are large or not all in memory. */
    public static void join(ByteBufAllocator allocator, List<Object> out) {
        int count = out.size();
        if (count < 2) {
            return;
        }
        int bytes = 0;
        for (int i = 0; i < count; i++) {
            if (!(out.get(i) instanceof ByteBuf buffer) || buffer.readableBytes() > LARGEST_BYTES - bytes) {
                return;
            }
            bytes += buffer.readableBytes();
        }
        ByteBuf joined = allocator.directBuffer(bytes);
        for (int i = 0; i < count; i++) {
            ByteBuf buffer = (ByteBuf) out.get(i);
            joined.writeBytes(buffer);
            buffer.release();
        }
        out.clear();
        out.add(joined);
    }

    /** A small buffer in the frame of a chunk (RFC 9112, section 7.1); does not release it. */
    public static ByteBuf chunk(ByteBufAllocator allocator, ByteBuf buffer) {
        int bytes = buffer.readableBytes();
        ByteBuf chunk = allocator.directBuffer(bytes + FRAME_BYTES);
        int highest = (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(bytes)) / 4;
        for (int digit = highest; digit >= 0; digit--) {
            chunk.writeByte(Character.forDigit((bytes >> (4 * digit)) & 0xf, 16));
        }
        return chunk.writeShort(CRLF).writeBytes(buffer).writeShort(CRLF);
    }

    /** Writes lines of a head as Netty does, which writes one character after the other. */
    public static void writeHeaders(HttpHeaders headers, ByteBuf to) {
        int bytes = 0;
        for (Iterator<Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence(); all.hasNext(); ) {
            Entry<CharSequence, CharSequence> header = all.next();
            bytes += header.getKey().length() + header.getValue().length() + 4;
        }
        byte[] lines = new byte[bytes];
        int at = 0;
        for (Iterator<Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence(); all.hasNext(); ) {
            Entry<CharSequence, CharSequence> header = all.next();
            at = put(header.getKey(), lines, at);
            lines[at++] = ':';
            lines[at++] = ' ';
            at = put(header.getValue(), lines, at);
            lines[at++] = '\r';
            lines[at++] = '\n';
        }
        to.writeBytes(lines);
    }

    private static int put(CharSequence text, byte[] to, int at) {
        int length = text.length();
        if (text instanceof AsciiString ascii) {
            System.arraycopy(ascii.array(), ascii.arrayOffset(), to, at, length);
        } else {
            for (int i = 0; i < length; i++) {
                // What a byte does not hold must not become the end of a line.
                to[at + i] = AsciiString.c2b(text.charAt(i));
            }
        }
        return at + length;
    }
}
