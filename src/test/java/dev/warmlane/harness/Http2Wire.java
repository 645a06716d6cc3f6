package dev.warmlane.harness;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** A client's end of an HTTP/2 connection, frame by frame: what is sent may be wrong, and nothing is answered by itself. */
public final class Http2Wire implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    private static final int HEAD_BYTES = 9;

    private final Wire wire;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

    /** One frame. */
    public record Frame(int type, int flags, int stream, byte[] payload) {
        public boolean endsStream() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        /** The code of RST_STREAM or GOAWAY. */
        public int error() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }

        /** The last stream of GOAWAY. */
        public int lastStream() {
            return ByteBuffer.wrap(payload).getInt(0);
        }

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }
    }

    /** Begins with the preface and default settings, as a client does that knows beforehand. */
    public Http2Wire(Wire wire) {
        this.wire = wire;
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        send(SETTINGS, 0, 0, new byte[0]);
    }

    public static Http2Wire to(int port) {
        return new Http2Wire(Wire.to(port));
    }

    public void send(int type, int flags, int stream, byte[] payload) {
        wire.sendUnlessClosed(frame(type, flags, stream, payload));
    }

    /** Sends pings and reads nothing, until the other end has closed the connection. */
    public void pingUntilClosed() {
        byte[] ping = frame(PING, 0, 0, new byte[8]);
        try {
            while (true) {
                wire.send(ping);
            }
        } catch (UncheckedIOException closed) {
            // What it would say of it is not read either.
        }
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(HEAD_BYTES + payload.length)
                .put((byte) (payload.length >>> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** A POST of this whole body. */
    public void post(int stream, String path, String body) {
        request(stream, 0, ":method", "POST", ":path", path, "content-type", "application/json");
        send(DATA, END_STREAM, stream, body.getBytes(StandardCharsets.UTF_8));
    }

    public void get(int stream, String path) {
        request(stream, END_STREAM, ":method", "GET", ":path", path);
    }

    /** The head of a request, with scheme and authority. */
    public void request(int stream, int flags, String... fields) {
        String[] all = new String[fields.length + 4];
        System.arraycopy(fields, 0, all, 0, 4);
        all[4] = ":scheme";
        all[5] = "http";
        all[6] = ":authority";
        all[7] = "gateway";
        System.arraycopy(fields, 4, all, 8, fields.length - 4);
        send(HEADERS, flags | END_HEADERS, stream, block(all));
    }

    /** Names and values in turns as HPACK writes them that has no table (RFC 7541, section 6.2.2). */
    public static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] text = fields[i].getBytes(StandardCharsets.UTF_8);
            int length = text.length;
            block.write(Math.min(length, 127));
            if (length >= 127) {
                for (length -= 127; length >= 128; length >>>= 7) {
                    block.write(length & 127 | 128);
                }
                block.write(length);
            }
            block.writeBytes(text);
        }
        return block.toByteArray();
    }

    public Frame read() {
        ByteBuffer head = ByteBuffer.wrap(wire.readBytes(HEAD_BYTES));
        int length = (head.get() & 0xff) << 16 | head.getShort() & 0xffff;
        return new Frame(head.get(), head.get(), head.getInt(), wire.readBytes(length));
    }

    /** The next frame of this kind; those before it are dropped. */
    public Frame await(Predicate<Frame> wanted) {
        Frame frame = read();
        while (!wanted.test(frame)) {
            frame = read();
        }
        return frame;
    }

    public Frame await(int type) {
        return await(frame -> frame.type() == type);
    }

    /** Reads the head of a response. All heads must be read by this, in their order. */
    public Http2Headers head(int stream) {
        Frame head = await(frame -> frame.type() == HEADERS || frame.type() == RST_STREAM);
        if (head.type() == RST_STREAM || head.stream() != stream) {
            throw new AssertionError("%s (expected: head of stream %d)".formatted(head, stream));
        }
        return decode(head);
    }

    /** The fields of a head that has been read. */
    public Http2Headers decode(Frame head) {
        ByteBuf block = Unpooled.wrappedBuffer(head.payload());
        try {
            return decoder.decodeHeaders(head.stream(), block);
        } catch (Http2Exception e) {
            throw new AssertionError(e);
        }
    }

    public int status(int stream) {
        return Integer.parseInt(head(stream).status().toString());
    }

    public void reset(int stream) {
        send(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
    }

    public void awaitClosed() {
        wire.awaitClosed();
    }

    @Override
    public void close() {
        wire.close();
    }
}
