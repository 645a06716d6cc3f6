package dev.warmlane.harness;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client that asks one cold question after the other, while something else is measured. */
public final class OtherTraffic implements AutoCloseable {
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    private OtherTraffic(ChatClient client, URI chat) {
        thread = new Thread(() -> {
            for (int i = 0; !stopped; i++) {
                ask(client, chat, "%d: ".formatted(i) + "a question that nobody has asked before ".repeat(100));
            }
        });
    }

    public static OtherTraffic start(ChatClient client, RunningGateway gateway) {
        OtherTraffic traffic = new OtherTraffic(client, gateway.uri("/v1/chat/completions"));
        traffic.thread.start();
        return traffic;
    }

    /** What did not go well, in words. */
    public List<String> failures() {
        return failures;
    }

    private void ask(ChatClient client, URI chat, String text) {
        int status = client.post(chat, ChatClient.body(text), Map.of()).statusCode();
        if (status != 200) {
            failures.add("status " + status);
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join(60_000);
    }
}
