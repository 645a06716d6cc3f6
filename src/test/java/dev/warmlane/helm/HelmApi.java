package dev.warmlane.helm;

import com.marcnuri.helm.Helm;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.warmlane.harness.LocalHttp;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * As much of a Kubernetes API server as Helm needs to install and upgrade the chart: it keeps the objects that it is given. A
 * patch merges objects and replaces lists; a field that becomes null is gone.
 */
final class HelmApi implements AutoCloseable {
    private static final Map<String, String> KINDS = Map.of(
            "v1", "ConfigMap Secret Service ServiceAccount",
            "apps/v1", "Deployment",
            "autoscaling/v2", "HorizontalPodAutoscaler",
            "keda.sh/v1alpha1", "ScaledObject",
            "networking.k8s.io/v1", "NetworkPolicy",
            "policy/v1", "PodDisruptionBudget",
            "rbac.authorization.k8s.io/v1", "Role RoleBinding");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final byte[] NOT_FOUND =
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}"
                    .getBytes(StandardCharsets.UTF_8);

    private final ReleaseSecrets releases = new ReleaseSecrets();
    private final Map<String, JsonNode> answers = new ConcurrentHashMap<>();
    private final HttpServer server;

    /** Starts it on a free local port. */
    HelmApi() {
        answer("/version", "{'major':'1','minor':'32','gitVersion':'v1.32.0'}");
        answer("/api", "{'kind':'APIVersions','versions':['v1']}");
        answer(
                "/apis",
                KINDS.keySet().stream()
                        .filter(version -> version.contains("/"))
                        .map(HelmApi::group)
                        .collect(Collectors.joining(",", "{'kind':'APIGroupList','apiVersion':'v1','groups':[", "]}")));
        KINDS.forEach((version, kinds) -> answer(path(version), resources(version, kinds)));
        server = LocalHttp.bind();
        server.createContext("/", this::handle);
        server.start();
    }

    /** Installs the chart as release "warmlane" in the namespace "models". */
    void install(String values) {
        Chart.withValues(
                values,
                file -> new Helm(Chart.DIRECTORY)
                        .install()
                        .withName("warmlane")
                        .withNamespace("models")
                        .withKubeConfigContents(kubeconfig())
                        .disableOpenApiValidation()
                        .withValuesFile(file)
                        .call());
    }

    /** Upgrades the release, with these values alone. */
    void upgrade(String values) {
        Chart.withValues(
                values,
                file -> new Helm(Chart.DIRECTORY)
                        .upgrade()
                        .resetValues()
                        .withName("warmlane")
                        .withNamespace("models")
                        .withKubeConfigContents(kubeconfig())
                        .disableOpenApiValidation()
                        .withValuesFile(file)
                        .call());
    }

    /** The object of a kind and name as it is now. */
    <T extends HasMetadata> T get(Class<T> kind, String name) {
        return MAPPER.convertValue(
                answers.get("%s/namespaces/models/%s/%s"
                        .formatted(path(HasMetadata.getApiVersion(kind)), HasMetadata.getPlural(kind), name)),
                kind);
    }

    /** Takes the place of the object of this kind and name. */
    void put(HasMetadata object) {
        put(
                "%s/namespaces/models/%s/%s"
                        .formatted(
                                path(object.getApiVersion()),
                                object.getPlural(),
                                object.getMetadata().getName()),
                MAPPER.valueToTree(object));
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private String kubeconfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: t}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(server.getAddress().getPort());
    }

    private static String path(String version) {
        return (version.contains("/") ? "/apis/" : "/api/") + version;
    }

    private static String group(String version) {
        String one = "{'groupVersion':'%s','version':'%s'}".formatted(version, version.replaceAll(".*/", ""));
        return "{'name':'%s','versions':[%s],'preferredVersion':%s}".formatted(version.replaceAll("/.*", ""), one, one);
    }

    private static String resources(String version, String kinds) {
        return Arrays.stream(kinds.split(" "))
                .map(kind -> "{'name':'%s','singularName':'','namespaced':true,'kind':'%s','verbs':['get']}"
                        .formatted(HasMetadata.getPlural(StrictModels.model(version + "/" + kind)), kind))
                .collect(Collectors.joining(
                        ",", "{'kind':'APIResourceList','groupVersion':'%s','resources':[".formatted(version), "]}"));
    }

    private void answer(String path, String json) {
        answers.put(path, read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    private static JsonNode read(byte[] json) {
        return MAPPER.readTree(json);
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] sent = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        if (ReleaseSecrets.TYPE.equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
            releases.put(sent);
            send(exchange, ReleaseSecrets.TYPE, 200, sent);
            return;
        }
        if (exchange.getRequestMethod().equals("GET") && path.endsWith("/secrets")) {
            send(exchange, ReleaseSecrets.TYPE, 200, releases.list());
            return;
        }
        JsonNode answer = switch (exchange.getRequestMethod()) {
            case "POST" -> put(path + "/" + read(sent).at("/metadata/name").asText(), read(sent));
            case "PATCH" -> put(path, merged((ObjectNode) answers.get(path), (ObjectNode) read(sent)));
            case "DELETE" -> answers.remove(path);
            default -> answers.get(path);
        };
        send(
                exchange,
                "application/json",
                answer == null ? 404 : 200,
                answer == null ? NOT_FOUND : MAPPER.writeValueAsBytes(answer));
    }

    private JsonNode put(String path, JsonNode object) {
        answers.put(path, object);
        return object;
    }

    private static void send(HttpExchange exchange, String type, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static ObjectNode merged(ObjectNode object, ObjectNode patch) {
        patch.properties().forEach(change -> {
            String name = change.getKey();
            if (change.getValue().isNull()) {
                object.remove(name);
            } else if (change.getValue() instanceof ObjectNode fields && object.get(name) instanceof ObjectNode old) {
                merged(old, fields);
            } else {
                object.set(name, change.getValue());
            }
        });
        return object;
    }
}
