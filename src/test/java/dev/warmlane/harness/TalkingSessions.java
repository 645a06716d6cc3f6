package dev.warmlane.harness;

import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Sessions that send one request after the other, every second one as a stream, and note what comes back. */
public final class TalkingSessions implements AutoCloseable {
    /** Between two requests: without it the clients take the CPU that everything else needs. */
    private static final long READING_MILLIS = 50;

    private final RunningGateway gateway;
    private final ChatClient client = new ChatClient();
    private final ScheduledExecutorService threads;
    private final List<Session> sessions = new ArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
    private final List<String> brokenStreams = new CopyOnWriteArrayList<>();

    private TalkingSessions(RunningGateway gateway, int count, String prefix) {
        this.gateway = gateway;
        this.threads = Executors.newScheduledThreadPool(count);
        for (int i = 0; i < count; i++) {
            Session session = new Session(prefix + i);
            sessions.add(session);
            var unused = threads.scheduleWithFixedDelay(session::talk, 0, READING_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    public static TalkingSessions start(RunningGateway gateway, int count) {
        return new TalkingSessions(gateway, count, "session-");
    }

    /** @param prefix what their ids begin with */
    public static TalkingSessions start(RunningGateway gateway, int count, String prefix) {
        return new TalkingSessions(gateway, count, prefix);
    }

    /** From now on, a request that is sent and answered by this endpoint is a failure. */
    public void forbid(String endpoint) {
        forbidden.add(endpoint);
    }

    /** Waits until every request that is under way now is over, and one that is sent after it too; no longer once one failed. */
    public void awaitAnotherRequestOfEach(Duration patience) {
        List<Integer> before =
                sessions.stream().map(session -> session.answered).toList();
        await().atMost(patience).until(() -> {
            for (int i = 0; i < before.size(); i++) {
                if (sessions.get(i).answered < before.get(i) + 2 && failures.isEmpty()) {
                    return false;
                }
            }
            return true;
        });
    }

    public void stop() throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
            throw new AssertionError("sessions still wait for answers");
        }
    }

    /** What went wrong, in words. */
    public List<String> failures() {
        return failures;
    }

    /** Streams that had begun and ended with an error event. */
    public List<String> brokenStreams() {
        return brokenStreams;
    }

    /** The endpoints of each session, one entry for each move. */
    public Map<String, List<String>> endpoints() {
        Map<String, List<String>> endpoints = new TreeMap<>();
        sessions.forEach(session -> endpoints.put(session.id, session.visited));
        return endpoints;
    }

    /** How often each session was bound anew. */
    public Map<String, Integer> moves() {
        Map<String, Integer> moves = new TreeMap<>();
        sessions.forEach(session -> moves.put(session.id, session.moves));
        return moves;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private final class Session {
        private final String id;
        private final List<String> visited = new CopyOnWriteArrayList<>();
        private volatile int answered;
        private volatile int moves;

        Session(String id) {
            this.id = id;
        }

        void talk() {
            try {
                say(answered % 2 == 0);
                answered = answered + 1;
            } catch (RuntimeException e) {
                failures.add(id + ": " + e);
                throw e;
            }
        }

        private void say(boolean stream) {
            Set<String> gone = Set.copyOf(forbidden);
            String body = ChatClient.body(List.of(Map.of("role", "user", "content", "I am " + id)), stream);
            HttpResponse<String> response =
                    client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", id));
            String endpoint =
                    response.headers().firstValue("x-warmlane-endpoint").orElse("nowhere");
            if (stream && endsWithError(response.body())) {
                brokenStreams.add(response.body());
            } else if (response.statusCode() != 200
                    || (stream && !response.body().endsWith("data: [DONE]\n\n"))) {
                failures.add("%s at %s: %d %s".formatted(id, endpoint, response.statusCode(), response.body()));
            }
            if (gone.contains(endpoint)) {
                failures.add(id + " went to " + endpoint + " after it was gone");
            }
            if (response.headers().firstValue("x-warmlane-affinity").orElse("").endsWith(";moved")) {
                moves = moves + 1;
            }
            if (visited.isEmpty() || !visited.get(visited.size() - 1).equals(endpoint)) {
                visited.add(endpoint);
            }
        }

        private boolean endsWithError(String events) {
            return events.startsWith("data: {\"id\"") && events.contains("\n\ndata: {\"error\":{");
        }
    }
}
