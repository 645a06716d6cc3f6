package dev.warmlane.proxy.warmup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Clients of loopback on one thread: each sends its request, then all read their responses, so that the gateway has as many at once as
 * there are clients. They cost next to nothing.
 */
final class Requests implements AutoCloseable {
    private static final int PROMPTS = 64;
    private static final int SHORT = 1500;
    private static final int LONG = 16_000;

    /** How many clients connect anew in each round: clients come at once, and a connection takes as much as a request. */
    private static final int CONNECTIONS_PER_ROUND = 4;

    /** By which a failover comes once in as many rounds: endpoints that fail more often would be ejected. */
    private static final int ROUNDS_PER_FAILOVER = 4;

    private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(US_ASCII);

    /** What the clients ask for. */
    private static final List<Shape> SHAPES = List.of(
            new Shape(StandInEngine.JSON, SHORT),
            new Shape(StandInEngine.STREAM, SHORT),
            new Shape(StandInEngine.JSON, SHORT),
            new Shape(StandInEngine.JSON, LONG));

    private static final int CLIENTS = 16;

    /** Stands in each request for its session, and for what is its own in the prompt. */
    private static final String NUMBER = "00000000";

    private final int port;
    private final List<Socket> clients = new ArrayList<>();
    private final List<List<Request>> requests = new ArrayList<>();
    private final List<Request> failovers;
    private final byte[] buffer = new byte[16 * 1024];
    private int round;
    private int sessions;

    private record Shape(String id, int promptBytes) {}

    /** Where it has its numbers is known, so that none has to be made while driving. */
    private static final class Request {
        private final byte[] bytes;
        private final int session;
        private final int prompt;

        /** Every second is of a new session with a new prompt each time: the JVM compiles only what it has seen. */
        private final boolean anew;

        Request(String text, boolean anew) {
            this.bytes = text.getBytes(US_ASCII);
            this.session = text.indexOf(NUMBER);
            this.prompt = text.indexOf(NUMBER, session + NUMBER.length());
            this.anew = anew;
        }

        void number(int number) {
            for (int i = NUMBER.length() - 1, rest = number; i >= 0; i--, rest /= 10) {
                byte digit = (byte) ('0' + rest % 10);
                bytes[session + i] = digit;
                bytes[prompt + i] = digit;
            }
        }
    }

    Requests(int port, String path) throws IOException {
        this.port = port;
        for (Shape shape : SHAPES) {
            requests.add(requests(path, shape));
        }
        failovers = requests(path, new Shape(StandInEngine.FAILOVER, SHORT));
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(connect());
        }
    }

    /**
     * Sends a request of each client and reads the responses.
     *
     * @param patienceMillis for each read, at least 1
     * @return how many were 200
     */
    int round(int patienceMillis) throws IOException {
        for (int i = 0; i < CONNECTIONS_PER_ROUND; i++) {
            Socket old = clients.set((CONNECTIONS_PER_ROUND * round + i) % CLIENTS, connect());
            old.close();
        }
        for (int i = 0; i < CLIENTS; i++) {
            boolean failover = i == 0 && round % ROUNDS_PER_FAILOVER == 0;
            List<Request> kind = failover ? failovers : requests.get(i % SHAPES.size());
            Request request = kind.get((round + i) % PROMPTS);
            if (request.anew) {
                request.number(PROMPTS + sessions++);
            }
            clients.get(i).getOutputStream().write(request.bytes);
        }
        int served = 0;
        for (Socket client : clients) {
            client.setSoTimeout(patienceMillis);
            served += readResponse(client.getInputStream()) ? 1 : 0;
        }
        round++;
        return served;
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setTcpNoDelay(true);
        return client;
    }

    @Override
    public void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
    }

    /** Nothing follows a response before the next request, so its end is the end of what has come. */
    private boolean readResponse(InputStream in) throws IOException {
        int length = 0;
        int end = -1;
        boolean chunked = false;
        StringBuilder head = new StringBuilder();
        byte[] tail = new byte[LAST_CHUNK.length];
        while (true) {
            int read = in.read(buffer);
            if (read < 0) {
                throw new IOException("the connection was closed (expected: a response)");
            }
            length += read;
            remember(tail, read);
            if (end < 0) {
                head.append(new String(buffer, 0, read, US_ASCII));
                int headEnd = head.indexOf("\r\n\r\n");
                if (headEnd < 0) {
                    continue;
                }
                String lines = head.substring(0, headEnd).toLowerCase(Locale.ROOT);
                chunked = lines.contains("transfer-encoding: chunked");
                end = chunked ? 0 : headEnd + "\r\n\r\n".length() + contentLength(lines);
            }
            if (chunked ? Arrays.equals(tail, LAST_CHUNK) : length >= end) {
                return head.indexOf(" 200 ") == "HTTP/1.1".length();
            }
        }
    }

    private void remember(byte[] tail, int read) {
        int kept = Math.max(0, tail.length - read);
        System.arraycopy(tail, tail.length - kept, tail, 0, kept);
        System.arraycopy(buffer, Math.max(0, read - tail.length), tail, kept, tail.length - kept);
    }

    private static int contentLength(String head) {
        String name = "content-length: ";
        int at = head.indexOf(name);
        int end = head.indexOf('\r', at);
        return at < 0 ? 0 : Integer.parseInt(head.substring(at + name.length(), end < 0 ? head.length() : end));
    }

    private static List<Request> requests(String path, Shape shape) {
        List<Request> all = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            String body = """
                    {"model": "%s", "stream": %s, "max_tokens": 16, "temperature": 0.7, "messages": [\
                    {"role": "system", "content": "%s"}, {"role": "user", "content": "%s"}]}""".formatted(
                            StandInEngine.MODEL,
                            shape.id().equals(StandInEngine.STREAM),
                            "You are warmed up. \\n".repeat(SHORT / 60),
                            prompt(i, shape.promptBytes()));
            if (i % 2 == 0) {
                // As clients other than Python's write it.
                body = body.replace(": ", ":").replace(", \"", ",\"");
            }
            String head =
                    "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\n%s: %s\r\nX-Session-Id: %s-%s\r\nContent-Length: %d\r\n\r\n"
                            .formatted(
                                    path,
                                    StandInEngine.REQUEST_ID,
                                    shape.id(),
                                    StandInEngine.MODEL,
                                    NUMBER,
                                    body.length());
            Request request = new Request(head + body, i / 2 % 2 == 0);
            request.number(i);
            all.add(request);
        }
        return all;
    }

    /** Half of it is another's, too. */
    private static String prompt(int number, int bytes) {
        String shared = "You are warmed up. \\n".repeat(bytes / 40);
        return shared
                + NUMBER
                + ", prompt %d, says \\\"hello\\\". ".formatted(number).repeat(bytes / 50);
    }
}
