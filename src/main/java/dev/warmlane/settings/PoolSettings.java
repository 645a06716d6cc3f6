package dev.warmlane.settings;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * One pool: vLLM servers that serve the same models.
 *
 * @param name what routes call it in {@code vllm://<name>}
 * @param models the models it serves; empty: learned from the servers' /v1/models
 * @param endpoints URLs of its servers, when they are static
 * @param kubernetes where its pods are found, when they run on Kubernetes
 * @param apiKey the key its servers ask for; replaces the client's Authorization header
 */
public record PoolSettings(
        String name,
        @DefaultValue List<String> models,
        @DefaultValue List<String> endpoints,
        @Nullable KubernetesSettings kubernetes,
        @Nullable String apiKey) {

    /** In a route's URI, the pool that serves the model of the request. */
    public static final String BY_MODEL = "by-model";

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    static PoolSettings ofEndpoints(String name, List<String> endpoints) {
        return new PoolSettings(name, List.of(), endpoints, null, null);
    }

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "PoolSettings[name=%s, models=%s, endpoints=%s, kubernetes=%s]"
                .formatted(name, models, endpoints, kubernetes);
    }

    void check(String key) {
        if (name == null || !NAME.matcher(name).matches() || name.equals(BY_MODEL)) {
            throw new InvalidSettingException(
                    key + ".name", name, "lower-case letters, digits and dashes, other than " + BY_MODEL);
        }
        if (endpoints.isEmpty() == (kubernetes == null)) {
            throw new InvalidSettingException(
                    key,
                    endpoints.isEmpty() ? "no endpoints" : "both endpoints and kubernetes",
                    "either endpoints or kubernetes");
        }
        if (kubernetes != null) {
            kubernetes.check(key + ".kubernetes");
        }
        if (apiKey != null && apiKey.isBlank()) {
            throw new InvalidSettingException(key + ".api-key", "blank", "a key, or no setting");
        }
    }
}
