package dev.warmlane.harness;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One end of an HTTP connection, byte by byte: nothing is normalised, neither what is sent nor what is read. */
public final class Wire implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;

    public Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** Connects to a local port. */
    public static Wire to(int port) {
        try {
            return new Wire(new Socket("127.0.0.1", port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request on a connection of its own, and its whole response. */
    public static WireMessage exchange(int port, String request) {
        try (Wire wire = to(port)) {
            wire.send(request);
            return wire.readMessage();
        }
    }

    /** The status of the response to one request on a connection of its own, without reading the rest. */
    public static int statusOf(int port, String request) {
        try (Wire wire = to(port)) {
            wire.send(request);
            return wire.readHead().status();
        }
    }

    public void send(String text) {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    public void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends to an end that may have had enough. */
    public void sendUnlessClosed(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // What it has answered before can still be read.
        }
    }

    /** Says that nothing more will be sent; what the other end sends can still be read. */
    public void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends one piece of a chunked body. */
    public void sendChunk(String data) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        send(Integer.toHexString(bytes.length) + "\r\n" + data + "\r\n");
    }

    public void sendLastChunk() {
        send("0\r\n\r\n");
    }

    /** Reads a head without its body. */
    public WireMessage readHead() {
        String startLine = readLine();
        List<String> headers = new ArrayList<>();
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            headers.add(line);
        }
        return new WireMessage(startLine, headers, new byte[0]);
    }

    /** Reads a head and the body that it announces. */
    public WireMessage readMessage() {
        WireMessage head = readHead();
        return new WireMessage(head.startLine(), head.headers(), readBody(head));
    }

    private byte[] readBody(WireMessage head) {
        if ("chunked".equalsIgnoreCase(head.header("transfer-encoding"))) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (byte[] chunk = readChunk(); chunk.length > 0; chunk = readChunk()) {
                body.writeBytes(chunk);
            }
            return body.toByteArray();
        }
        String length = head.header("content-length");
        return length == null ? new byte[0] : readBytes(Integer.parseInt(length));
    }

    /** The next piece of a chunked body; empty at its end. */
    public byte[] readChunk() {
        byte[] data = readBytes(Integer.parseInt(readLine(), 16));
        readLine();
        return data;
    }

    public String readChunkText() {
        return new String(readChunk(), StandardCharsets.UTF_8);
    }

    /** Waits for the other end to close the connection; whatever it still sends is dropped. */
    public void awaitClosed() {
        readUntilClosed();
    }

    /** Everything that the other end sends until it closes the connection. */
    public byte[] readUntilClosed() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            in.transferTo(all);
        } catch (SocketException e) {
            // A reset closes it too.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all.toByteArray();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Breaks the connection with a reset instead of an end. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next bytes, exactly so many. */
    public byte[] readBytes(int count) {
        try {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException("%d bytes (expected: %d)".formatted(bytes.length, count));
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String readLine() {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new EOFException("connection closed after: " + line);
                }
                line.write(b);
            }
            return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
