package dev.warmlane.harness;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients behind a load balancer: each request goes, over kept connections, to one of the replicas that were ready when they
 * were last probed. Each client has one long conversation. Every second request is a stream. Nothing is tried again.
 */
public final class ReplicaClients implements AutoCloseable {
    private static final long PROBE_MILLIS = 250;
    /** Without it the clients take the CPU that a replica needs for its start. */
    private static final long READING_MILLIS = 500;

    private final List<GatewayProcess> replicas;
    private final ChatClient client = new ChatClient();
    private final ScheduledExecutorService probes = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService threads;
    private final AtomicInteger answered = new AtomicInteger();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Map<Integer, List<String>> endpoints = new ConcurrentHashMap<>();
    private volatile List<GatewayProcess> ready;

    private ReplicaClients(List<GatewayProcess> replicas, int count) {
        this.replicas = replicas;
        this.ready = replicas;
        probes.scheduleWithFixedDelay(this::probe, 0, PROBE_MILLIS, TimeUnit.MILLISECONDS);
        threads = Executors.newScheduledThreadPool(count);
        for (int i = 0; i < count; i++) {
            int id = i;
            AtomicInteger turn = new AtomicInteger();
            // One after another, so that they do not all read at the same time.
            threads.scheduleWithFixedDelay(
                    () -> talk(id, turn.getAndIncrement()), id * READING_MILLIS, READING_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    public static ReplicaClients start(List<GatewayProcess> replicas, int count) {
        return new ReplicaClients(replicas, count);
    }

    /** What a client says in a turn: rules of its own, of 2,000 tokens, and a question. */
    public static String body(int id, int turn, boolean stream) {
        return ChatClient.body(
                List.of(
                        Map.of("role", "system", "content", ChatClient.text(2000, "rule " + id + " ")),
                        Map.of("role", "user", "content", "turn " + turn)),
                stream);
    }

    /** Requests that were answered in full. */
    public int answered() {
        return answered.get();
    }

    /** What went wrong, in words. */
    public List<String> failures() {
        return failures;
    }

    /** Which endpoints answered the conversation of each client, each as often as the conversation came to it. */
    public Map<Integer, List<String>> endpoints() {
        return endpoints;
    }

    /** Lets every request that is under way end. */
    public void stop() throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
            throw new AssertionError("clients still wait for answers");
        }
    }

    private void probe() {
        ready = replicas.stream().filter(GatewayProcess::isReady).toList();
    }

    private void talk(int id, int turn) {
        List<GatewayProcess> choice = ready;
        GatewayProcess replica = choice.get((id + turn) % choice.size());
        boolean stream = turn % 2 == 0;
        try {
            HttpResponse<String> response = client.post(
                    replica.uri("/v1/chat/completions"),
                    body(id, turn, stream),
                    Map.of("x-session-id", "client-" + id));
            if (response.statusCode() != 200 || (stream && !response.body().endsWith("data: [DONE]\n\n"))) {
                failures.add("%d from %s: %s".formatted(response.statusCode(), replica.port(), response.body()));
            }
            response.headers().firstValue("x-warmlane-endpoint").ifPresent(endpoint -> visited(id, endpoint));
            answered.incrementAndGet();
        } catch (UncheckedIOException e) {
            failures.add("%s from %s".formatted(e.getCause(), replica.port()));
        }
    }

    private void visited(int id, String endpoint) {
        List<String> before = endpoints.computeIfAbsent(id, first -> new CopyOnWriteArrayList<>());
        if (before.isEmpty() || !before.get(before.size() - 1).equals(endpoint)) {
            before.add(endpoint);
        }
    }

    @Override
    public void close() {
        probes.shutdownNow();
        threads.shutdownNow();
    }
}
