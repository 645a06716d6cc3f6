package dev.warmlane.harness;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** One end of a WebSocket, frame by frame, over a {@link Wire}. Frames of at most 64 KB. */
public record WebSocketWire(Wire wire, boolean masks) {
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    public static final int TEXT = 1;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    /** A frame without its mask. */
    public record Frame(int opcode, byte[] payload) {
        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** Of a close frame. */
        public int code() {
            return (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }
    }

    /** A request for a WebSocket at this target, with further header lines. */
    public static String request(String target, String headers) {
        return "GET " + target + " HTTP/1.1\r\nHost: g\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n" + headers + "\r\n";
    }

    /** Accepts what a client of an engine asks for. */
    public static WebSocketWire accept(HandDrivenEngine.Exchange exchange, String headers) {
        exchange.wire()
                .send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: " + accept(exchange.request().header("sec-websocket-key")) + "\r\n"
                        + headers + "\r\n");
        return new WebSocketWire(exchange.wire(), false);
    }

    private static String accept(String key) {
        try {
            byte[] bytes = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public void send(int opcode, String payload) {
        send(opcode, payload.getBytes(StandardCharsets.UTF_8));
    }

    public void sendClose(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        byte[] payload = new byte[2 + text.length];
        payload[0] = (byte) (code >> 8);
        payload[1] = (byte) code;
        System.arraycopy(text, 0, payload, 2, text.length);
        send(CLOSE, payload);
    }

    private void send(int opcode, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(0x80 | opcode);
        int mask = masks ? 0x80 : 0;
        if (payload.length < 126) {
            frame.write(mask | payload.length);
        } else {
            frame.write(mask | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        }
        if (masks) {
            // A mask of zeros leaves the payload as it is.
            frame.writeBytes(new byte[4]);
        }
        frame.writeBytes(payload);
        wire.send(frame.toByteArray());
    }

    public Frame read() {
        byte[] head = wire.readBytes(2);
        int length = head[1] & 0x7f;
        if (length == 126) {
            byte[] longer = wire.readBytes(2);
            length = (longer[0] & 0xff) << 8 | longer[1] & 0xff;
        }
        byte[] mask = (head[1] & 0x80) == 0 ? new byte[4] : wire.readBytes(4);
        byte[] payload = wire.readBytes(length);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i % 4];
        }
        return new Frame(head[0] & 0xf, payload);
    }
}
