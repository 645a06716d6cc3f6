package dev.warmlane.tools.validation;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A few clients that keep a demo alive until they are closed: agents, whose steps follow each other quickly and who send no session
 * id, and chats, where a human reads and thinks before each turn. A thread each; every conversation ends and is followed by another.
 */
public final class DemoTraffic implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    /** Says who asks, which no gateway reads: what agents have said before has to lead them to their endpoint. */
    private static final String NO_SESSION = "x-demo-agent";

    /**
     * A kind of client.
     *
     * @param clients how many of them talk side by side
     * @param systemTokens the system prompt that all of a kind share
     * @param questionTokens a question, or what a tool returned
     * @param turns of one conversation
     * @param pauseMillis before a turn, on average
     */
    private record Kind(
            String name,
            String sessionHeader,
            int clients,
            int systemTokens,
            int questionTokens,
            int turns,
            int pauseMillis) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("agent", NO_SESSION, 3, 1500, 250, 20, 1500),
            new Kind("chat", "x-session-id", 4, 400, 40, 8, 6000));

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "demo-traffic");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Begins to send requests.
     *
     * @param gateway URL of the public port
     * @param model that all ask
     */
    public void start(String gateway, String model) {
        HttpClient http = HttpClient.newHttpClient();
        for (Kind kind : KINDS) {
            Chat chat = new Chat(http, gateway, kind.sessionHeader(), null, TIMEOUT);
            for (int i = 0; i < kind.clients(); i++) {
                String client = kind.name() + "-" + i;
                threads.execute(() -> talk(chat, model, kind, client));
            }
        }
    }

    private static void talk(Chat chat, String model, Kind kind, String client) {
        Talk talk = new Talk();
        Random random = new Random(client.hashCode());
        try {
            for (int conversation = 0; ; conversation++) {
                String session = client + "-" + conversation;
                List<Chat.Message> messages = new ArrayList<>();
                messages.add(new Chat.Message("system", Talk.text(kind.systemTokens(), kind.name())));
                for (int turn = 0; turn < kind.turns(); turn++) {
                    Thread.sleep(random.nextInt(2 * kind.pauseMillis()));
                    messages.add(new Chat.Message("user", Talk.text(kind.questionTokens(), session + "/" + turn)));
                    Chat.Response response = chat.ask(session, model, messages, talk);
                    if (response.failure() != null) {
                        break;
                    }
                    messages.add(new Chat.Message("assistant", response.text()));
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
