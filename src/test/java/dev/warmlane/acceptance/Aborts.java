package dev.warmlane.acceptance;

import dev.warmlane.harness.ChatClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that ask for a stream and leave at any moment of it. */
final class Aborts {
    /** Moments spread over the time that a request of a test takes. */
    private static final int MOST_MILLIS = 60;

    private Aborts() {}

    static void of(int port, int count, int atATime, String prompt) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(atATime);
        try {
            List<Callable<Void>> aborts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int millis = 1 + i % MOST_MILLIS;
                String text = i + " " + prompt;
                aborts.add(() -> {
                    abort(port, text, millis);
                    return null;
                });
            }
            for (Future<Void> done : clients.invokeAll(aborts)) {
                done.get();
            }
        } finally {
            clients.shutdown();
        }
    }

    /** Leaves after so long, or with the first bytes if they come earlier. */
    private static void abort(int port, String prompt, int millis) throws IOException {
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", prompt)), true);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(millis);
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            try {
                in.read();
            } catch (SocketTimeoutException leaves) {
                // As it should.
            }
        }
    }
}
