package dev.warmlane.harness;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Clients of every kind, one request after the other, none tried again; what becomes of them is counted. */
public final class SoakTraffic implements AutoCloseable {
    private static final int MOST_NOTED = 20;
    private static final int SESSIONS = 200;
    /** What is not done under full load only, and leaves the other tests a core. */
    private static final long READING_MILLIS = 50;

    private static final String LONG_PROMPT = ChatClient.text(4096, "long");

    private final RunningGateway gateway;
    private final ChatClient client = new ChatClient();
    private final ScheduledExecutorService threads;
    private final AtomicLong newSessions = new AtomicLong();
    private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();

    private SoakTraffic(RunningGateway gateway, int clients, long seed) {
        this.gateway = gateway;
        this.threads = Executors.newScheduledThreadPool(clients);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < clients; i++) {
            SplittableRandom own = random.split();
            var unused = threads.scheduleWithFixedDelay(() -> talk(own), 0, READING_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    public static SoakTraffic start(RunningGateway gateway, int clients, long seed) {
        return new SoakTraffic(gateway, clients, seed);
    }

    /** How often something happened: a kind of request, {@code ok}, {@code broken stream}. */
    public long count(String what) {
        LongAdder count = counts.get(what);
        return count == null ? 0 : count.sum();
    }

    public Map<String, Long> counts() {
        Map<String, Long> all = new TreeMap<>();
        counts.forEach((what, count) -> all.put(what, count.sum()));
        return all;
    }

    /** The first requests that were lost although they could have been saved, in words. */
    public List<String> failures() {
        return failures;
    }

    /** Lets every request that is under way end. */
    public void stop() throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(120, TimeUnit.SECONDS)) {
            throw new AssertionError("clients still wait for answers");
        }
    }

    private void talk(SplittableRandom random) {
        int kind = random.nextInt(100);
        String session = "session-" + random.nextInt(SESSIONS);
        try {
            if (kind < 25) {
                whole("chat", "/v1/chat/completions", chat(session, false), session);
            } else if (kind < 50) {
                stream(session);
            } else if (kind < 60) {
                whole("completion", "/v1/completions", "{\"prompt\":\"once upon a time\",\"max_tokens\":8}", session);
            } else if (kind < 70) {
                whole("embedding", "/v1/embeddings", "{\"input\":\"a KV cache\"}", session);
            } else if (kind < 85) {
                abort(session, random.nextBoolean());
            } else {
                String once = "once-" + newSessions.incrementAndGet();
                whole("long prompt of a new session", "/v1/chat/completions", chat(once + LONG_PROMPT, false), once);
            }
        } catch (UncheckedIOException e) {
            lost(kind + ": " + e.getCause());
        }
    }

    private void whole(String kind, String path, String body, String session) {
        count(kind, 1);
        HttpResponse<String> response = client.post(gateway.uri(path), body, Map.of("x-session-id", session));
        if (response.statusCode() == 200 && !isAborted(response.body())) {
            count("ok", 1);
        } else {
            lost("%s: %d %s".formatted(kind, response.statusCode(), response.body()));
        }
    }

    /** A stream may break off, for then it has begun; but it must say so. */
    private void stream(String session) {
        count("stream", 1);
        HttpResponse<String> response =
                client.post(gateway.uri("/v1/chat/completions"), chat(session, true), Map.of("x-session-id", session));
        String body = response.body();
        if (response.statusCode() == 200 && body.endsWith("data: [DONE]\n\n") && !isAborted(body)) {
            count("ok", 1);
        } else if (response.statusCode() == 200 && body.contains("data: {\"error\":")) {
            count("broken stream", 1);
        } else {
            lost("stream: %d %s".formatted(response.statusCode(), body));
        }
    }

    /** Leaves before the response or within it. */
    private void abort(String session, boolean afterHeaders) {
        count("abort", 1);
        String body = chat(session, true);
        try (Wire wire = Wire.to(gateway.port())) {
            wire.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nx-session-id: "
                            + session + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            if (afterHeaders) {
                int status = wire.readHead().status();
                if (status != 200) {
                    lost("abort: " + status);
                }
            }
        }
    }

    private static String chat(String text, boolean stream) {
        return ChatClient.body(List.of(Map.of("role", "user", "content", text)), stream);
    }

    private static boolean isAborted(String body) {
        return body.contains("\"finish_reason\":\"abort\"");
    }

    private void lost(String words) {
        count("lost", 1);
        if (failures.size() < MOST_NOTED) {
            failures.add(words);
        }
    }

    private void count(String what, long by) {
        counts.computeIfAbsent(what, key -> new LongAdder()).add(by);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
