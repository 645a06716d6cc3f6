package dev.warmlane.settings;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.settings.DiscoverySettings.KubernetesSettings;
import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * One pool: vLLM servers that serve the same models.
 *
 * @param name Name of the pool, required: 1 to 63 lower-case letters, digits and dashes. Routes refer to it as vllm://NAME.
 * @param models Models that the pool serves. Empty: learned from the servers' /v1/models.
 * @param unknownModels What happens to a request for a model that no server lists. refuse: it gets 404. pass: it is sent on, for
 *     servers that load adapters on request.
 * @param endpoints URLs of the servers of a static pool, such as http://host:port or, behind a proxy that
 *     serves several, http://host:port/path. A role may follow, as in "http://host:port role=prefill". Either this or kubernetes is set.
 * @param kubernetes how the pool's pods are found on Kubernetes
 * @param ranks Data-parallel ranks of each server that vLLM balances behind one port (--data-parallel-size without a port for each
 *     rank): auto treats each engine in a server's metrics as an endpoint of its own and names it in the header
 *     X-data-parallel-rank, off leaves the choice to vLLM, a number from 2 to 256 says how many there are.
 * @param apiKey API key that the servers expect. It replaces the client's Authorization header. pass: each client's own key goes
 *     on to the servers, even where the gateway itself requires one.
 * @param sslBundle Bundle of spring.ssl.bundle for connections to the servers. Absent: warmlane.upstream.ssl-bundle.
 * @param serverName Name that the servers' certificates must have. Absent: the host of each URL, which for a pod is its
 *     address.
 * @param targetHitRatio Prefix-cache hit ratio below which dashboard and alerts warn. Absent:
 *     warmlane.dashboard.target-hit-ratio. 0: none, as for embeddings.
 * @param ttftTarget Target for the 90th percentile of the time to first token. Absent: warmlane.dashboard.ttft-target. 0s: none.
 * @param prefillDecode how prompts get from prefill to decode endpoints
 * @param prewarm filling an empty cache of this pool before its first request
 */
@ConfigurationPropertiesSource
public record PoolSettings(
        String name,
        @DefaultValue List<String> models,
        @DefaultValue("refuse") UnknownModels unknownModels,
        @DefaultValue List<String> endpoints,
        @NestedConfigurationProperty @Nullable KubernetesSettings kubernetes,
        @DefaultValue("auto") String ranks,
        @Nullable String apiKey,
        @Nullable String sslBundle,
        @Nullable String serverName,
        @Nullable Double targetHitRatio,
        @Nullable Duration ttftTarget,
        @DefaultValue @NestedConfigurationProperty PrefillDecodeSettings prefillDecode,
        @DefaultValue @NestedConfigurationProperty PoolPrewarmSettings prewarm) {

    /** In the place of an API key: the client's own. */
    public static final String PASS = "pass";

    /** What becomes of a request for a model that no server of the pool lists. */
    public enum UnknownModels {
        REFUSE,
        PASS
    }

    /** In a route's URI, the pool that serves the model of the request. */
    public static final String BY_MODEL = "by-model";

    /** In metrics, the pool of requests that are refused before their pool is known. */
    public static final String NO_POOL = "none";

    private static final Pattern RANKS = Pattern.compile("auto|off|false|[2-9]|[1-9][0-9]{1,2}");

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /** A static pool with every other setting at its default. */
    public static PoolSettings ofEndpoints(String name, List<String> endpoints) {
        return new PoolSettings(
                name,
                List.of(),
                UnknownModels.REFUSE,
                endpoints,
                null,
                "auto",
                null,
                null,
                null,
                null,
                null,
                PrefillDecodeSettings.DEFAULT,
                PoolPrewarmSettings.AS_ALL);
    }

    /** How many ranks each server has, as of {@link EndpointPool#EndpointPool(String, int)}. */
    public int ranksOfEach() {
        return switch (ranks) {
            case "auto" -> EndpointPool.RANKS_OF_EACH;
            // YAML reads off as false.
            case "off", "false" -> 1;
            default -> Integer.parseInt(ranks);
        };
    }

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "PoolSettings[name=%s, models=%s, endpoints=%s, kubernetes=%s]"
                .formatted(name, models, endpoints, kubernetes);
    }

    /** The bundle that secures connections to the servers, which is this one where the pool names none; empty: none. */
    String sslBundleOr(String otherwise) {
        return sslBundle == null ? otherwise : sslBundle;
    }

    /** @param upstreamBundle the bundle of pools that name none; empty: none */
    void check(String key, String upstreamBundle) {
        if (name == null || !NAME.matcher(name).matches() || name.equals(BY_MODEL) || name.equals(NO_POOL)) {
            throw new InvalidSettingException(
                    key + ".name",
                    name,
                    "1 to 63 lower-case letters, digits and dashes, other than " + BY_MODEL + " and " + NO_POOL);
        }
        if (endpoints.isEmpty() == (kubernetes == null)) {
            throw new InvalidSettingException(
                    key,
                    endpoints.isEmpty() ? "no endpoints" : "both endpoints and kubernetes",
                    "either endpoints or kubernetes");
        }
        prefillDecode.check(key + ".prefill-decode");
        prewarm.check(key + ".prewarm");
        if (kubernetes != null) {
            kubernetes.check(key + ".kubernetes");
        }
        if (sslBundle != null
                && !sslBundle.isEmpty()
                && endpoints.stream().anyMatch(url -> !url.startsWith("https:"))) {
            throw new InvalidSettingException(key + ".endpoints", endpoints, "https URLs, as ssl-bundle is set");
        }
        if (!RANKS.matcher(ranks).matches() || ranksOfEach() > EndpointPool.MAX_RANKS) {
            throw new InvalidSettingException(
                    key + ".ranks", ranks, "auto, off or a number from 2 to " + EndpointPool.MAX_RANKS);
        }
        if (targetHitRatio != null && !(targetHitRatio >= 0 && targetHitRatio <= 1)) {
            throw new InvalidSettingException(key + ".target-hit-ratio", targetHitRatio, "from 0 to 1");
        }
        if (ttftTarget != null) {
            Check.notNegative(key + ".ttft-target", ttftTarget);
        }
        checkModels(key, models);
        if (serverName != null && serverName.isBlank()) {
            throw new InvalidSettingException(key + ".server-name", "blank", "a name, or no setting");
        }
        if (apiKey != null && apiKey.isBlank()) {
            throw new InvalidSettingException(key + ".api-key", "blank", "a key, or no setting");
        }
        if (serverName != null && sslBundleOr(upstreamBundle).isEmpty()) {
            throw new InvalidSettingException(
                    key + ".server-name",
                    serverName,
                    "nothing, unless ssl-bundle or warmlane.upstream.ssl-bundle is set");
        }
    }

    static void checkModels(String key, List<String> models) {
        if (models.stream().anyMatch(String::isBlank)) {
            throw new InvalidSettingException(key + ".models", "blank", "names of models, or no setting");
        }
    }

    /**
     * How prompts get from prefill to decode endpoints, in a pool that has both.
     *
     * @param connector What carries a prompt's KV blocks. nixl: vLLM's NixlConnector, with a request to either endpoint.
     *     llm-d-sidecar: one request to the decode endpoint, whose sidecar finds the prefill endpoint in x-prefiller-host-port.
     * @param decodeAlone Whether a decode endpoint computes the prompt itself where no prefill endpoint does. Otherwise such requests fail.
     * @param releaseTimeout How long a decode endpoint may take to release blocks that were computed for a client that left. After it
     *     the prefill endpoint keeps them until their lease ends.
     */
    public record PrefillDecodeSettings(
            @DefaultValue(NIXL) String connector,
            @DefaultValue("true") boolean decodeAlone,
            @DefaultValue("10s") Duration releaseTimeout) {
        private static final String NIXL = "nixl";
        private static final String SIDECAR = "llm-d-sidecar";

        /** Prompts go with vLLM's NixlConnector, and decode endpoints compute alone where they have to. */
        public static final PrefillDecodeSettings DEFAULT =
                new PrefillDecodeSettings(NIXL, true, Duration.ofSeconds(10));

        /** Whether a sidecar of the decode endpoint asks the prefill endpoint. */
        public boolean sidecar() {
            return connector.equals(SIDECAR);
        }

        void check(String key) {
            if (!List.of(NIXL, SIDECAR).contains(connector)) {
                throw new InvalidSettingException(key + ".connector", connector, NIXL + " or " + SIDECAR);
            }
            Check.positive(key + ".release-timeout", releaseTimeout);
        }
    }

    /**
     * What this pool does otherwise than {@code warmlane.prewarm} says; null where it does not.
     *
     * @param enabled Whether empty caches of this pool are filled, and beginnings of its prompts kept. Absent: warmlane.prewarm.enabled.
     * @param maxDuration Longest time that an endpoint waits for its cache to be filled. Absent: warmlane.prewarm.max-duration.
     * @param maxTokens Most prompt tokens that an endpoint computes to fill its cache. Absent: warmlane.prewarm.max-tokens.
     * @param priority Value of the field priority in requests that fill caches, where this pool's engines take one. Absent:
     *     warmlane.prewarm.priority.
     */
    public record PoolPrewarmSettings(
            @Nullable Boolean enabled,
            @Nullable Duration maxDuration,
            @Nullable Long maxTokens,
            @Nullable Integer priority) {
        /** As all pools do. */
        static final PoolPrewarmSettings AS_ALL = new PoolPrewarmSettings(null, null, null, null);

        void check(String key) {
            if (maxDuration != null) {
                Check.positive(key + ".max-duration", maxDuration);
            }
            if (maxTokens != null) {
                Check.atLeast(key + ".max-tokens", maxTokens, 1);
            }
        }
    }

    /**
     * How many endpoints are advised for a pool, by its load and by the target of its hit ratio. Nothing is changed.
     *
     * @param minEndpoints Fewest endpoints that are advised for a pool.
     * @param maxEndpoints Most endpoints that are advised for a pool.
     * @param requestsPerEndpoint Requests, running and queued, that one endpoint carries well.
     */
    public record ScalingSettings(
            @DefaultValue("1") int minEndpoints,
            @DefaultValue("32") int maxEndpoints,
            @DefaultValue("32") int requestsPerEndpoint) {
        private static final int MOST_ENDPOINTS = 10_000;

        public ScalingSettings {
            Check.atLeast("warmlane.scaling.min-endpoints", minEndpoints, 1);
            if (maxEndpoints < minEndpoints || maxEndpoints > MOST_ENDPOINTS) {
                throw new InvalidSettingException(
                        "warmlane.scaling.max-endpoints", maxEndpoints, minEndpoints + " to " + MOST_ENDPOINTS);
            }
            Check.atLeast("warmlane.scaling.requests-per-endpoint", requestsPerEndpoint, 1);
        }
    }
}
