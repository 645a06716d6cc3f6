package dev.warmlane.harness;

import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** The JDK's WebSocket, and what it has heard: messages as they are, {@code pong <text>}, {@code close <code> <reason>}, {@code error}. */
public final class WebSocketClient implements WebSocket.Listener {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final StringBuilder message = new StringBuilder();
    private WebSocket socket;

    private WebSocketClient() {}

    /** Connects, or fails with a {@link java.net.http.WebSocketHandshakeException} that has the response. */
    public static WebSocketClient connect(URI http, Map<String, String> headers, String... protocols) {
        WebSocketClient client = new WebSocketClient();
        WebSocket.Builder builder = HTTP.newWebSocketBuilder();
        headers.forEach(builder::header);
        if (protocols.length > 0) {
            String[] others = java.util.Arrays.copyOfRange(protocols, 1, protocols.length);
            builder.subprotocols(protocols[0], others);
        }
        URI ws = URI.create("ws" + http.toString().substring("http".length()));
        client.socket = Awaited.result(builder.buildAsync(ws, client));
        return client;
    }

    public WebSocket socket() {
        return socket;
    }

    public void send(String text) {
        Awaited.result(socket.sendText(text, true));
    }

    /** The next thing that it hears. */
    public String next() {
        return await().until(heard::poll, what -> what != null);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        message.append(data);
        if (last) {
            heard.add(message.toString());
            message.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket from, ByteBuffer payload) {
        heard.add("pong " + StandardCharsets.UTF_8.decode(payload));
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        heard.add("close " + code + " " + reason);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        heard.add("error");
    }
}
