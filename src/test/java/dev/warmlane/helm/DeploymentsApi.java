package dev.warmlane.helm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.warmlane.harness.LocalHttp;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * As much of a Kubernetes API server as kubectl needs to restart Deployments and to follow their rollouts, and of the
 * controller that replaces their pods. A watch ends with its first event, as it may with a real server at any time.
 */
public final class DeploymentsApi implements AutoCloseable {
    private static final String RESOURCES = """
            {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[{"name":"deployments",
             "singularName":"deployment","namespaced":true,"kind":"Deployment","verbs":["get","list","patch","watch"]}]}
            """;
    private static final String GROUPS = """
            {"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1",
             "version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}
            """;

    private static final long WATCH_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Deployment> deployments = new ConcurrentHashMap<>();
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final Predicate<String> permitted;
    private final Consumer<String> rollout;
    private final String collection;
    private final HttpServer server;
    private long version;

    /**
     * Starts it on a free local port.
     *
     * @param permitted decides on method and path of each request
     * @param rollout replaces the pods of the Deployment of that name, and returns when the new ones are ready
     */
    public DeploymentsApi(String namespace, Predicate<String> permitted, Consumer<String> rollout) {
        this.permitted = permitted;
        this.rollout = rollout;
        this.collection = "/apis/apps/v1/namespaces/%s/deployments".formatted(namespace);
        server = LocalHttp.bind();
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public void add(Deployment deployment) {
        put(rolledOut(deployment, 1));
    }

    /** A configuration for kubectl, in a file of this folder. */
    public Path kubeconfig(Path folder) throws IOException {
        return Files.writeString(
                folder.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: t}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(server.getAddress().getPort()));
    }

    /** Requests that were not permitted. */
    public List<String> refused() {
        return refused;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/api" -> answer(exchange, 200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
            case "/api/v1" ->
                answer(exchange, 200, "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[]}");
            case "/version" -> answer(exchange, 200, "{\"major\":\"1\",\"minor\":\"32\",\"gitVersion\":\"v1.32.0\"}");
            case "/apis" -> answer(exchange, 200, GROUPS);
            case "/apis/apps/v1" -> answer(exchange, 200, RESOURCES);
            default -> {
                String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
                if (!path.startsWith(collection) || !permitted.test(request)) {
                    refused.add(request);
                    answer(exchange, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":403}");
                } else {
                    handleDeployments(
                            exchange, path.substring(collection.length()).replaceFirst("/", ""));
                }
            }
        }
    }

    private void handleDeployments(HttpExchange exchange, String name) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        if (exchange.getRequestMethod().equals("PATCH")) {
            answer(exchange, 200, Serialization.asJson(restart(name)));
        } else if (query.contains("watch=true")) {
            watch(exchange, query);
        } else if (name.isEmpty()) {
            answer(exchange, 200, list(query));
        } else {
            answer(exchange, 200, Serialization.asJson(deployments.get(name)));
        }
    }

    private synchronized String list(String query) {
        return "{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":%s}"
                .formatted(version, Serialization.asJson(selected(query)));
    }

    /** Headers come at once: the client does not notice otherwise that it wants to leave. */
    private void watch(HttpExchange exchange, String query) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        exchange.getResponseBody().write(nextEvent(query).getBytes(StandardCharsets.UTF_8));
        exchange.close();
    }

    /** Waits for a change after the version that the query names; nothing if there is none for a while. */
    private synchronized String nextEvent(String query) {
        long seen = Long.parseLong(query.replaceAll(".*resourceVersion=(\\d+).*", "$1"));
        long deadline = System.nanoTime() + WATCH_NANOS;
        try {
            while (version <= seen) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return "";
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            return "";
        }
        return "{\"type\":\"MODIFIED\",\"object\":%s}\n"
                .formatted(Serialization.asJson(selected(query).get(0)));
    }

    private List<Deployment> selected(String query) {
        return deployments.values().stream()
                .filter(deployment -> !query.contains("fieldSelector")
                        || query.contains(
                                "metadata.name=" + deployment.getMetadata().getName()))
                .filter(deployment -> !query.contains("labelSelector")
                        || deployment.getMetadata().getLabels().entrySet().stream()
                                .anyMatch(label -> query.contains(label.getKey() + "=" + label.getValue())))
                .toList();
    }

    private Deployment restart(String name) {
        Deployment before = deployments.get(name);
        Deployment changed = put(new DeploymentBuilder(before)
                .editMetadata()
                .withGeneration(before.getMetadata().getGeneration() + 1)
                .endMetadata()
                .build());
        threads.execute(() -> {
            rollout.accept(name);
            put(rolledOut(changed, changed.getMetadata().getGeneration()));
        });
        return changed;
    }

    private synchronized Deployment put(Deployment deployment) {
        version++;
        Deployment stored = new DeploymentBuilder(deployment)
                .editMetadata()
                .withResourceVersion(Long.toString(version))
                .endMetadata()
                .build();
        deployments.put(stored.getMetadata().getName(), stored);
        notifyAll();
        return stored;
    }

    private static Deployment rolledOut(Deployment deployment, long generation) {
        int replicas = deployment.getSpec().getReplicas();
        return new DeploymentBuilder(deployment)
                .editMetadata()
                .withGeneration(generation)
                .endMetadata()
                .withNewStatus()
                .withObservedGeneration(generation)
                .withReplicas(replicas)
                .withUpdatedReplicas(replicas)
                .withReadyReplicas(replicas)
                .withAvailableReplicas(replicas)
                .endStatus()
                .build();
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
