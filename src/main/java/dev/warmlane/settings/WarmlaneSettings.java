package dev.warmlane.settings;

import dev.warmlane.settings.AuthSettings.CorsSettings;
import dev.warmlane.settings.AuthSettings.ManagementSettings;
import dev.warmlane.settings.HealthSettings.OutlierSettings;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import dev.warmlane.settings.HealthSettings.ScrapeSettings;
import dev.warmlane.settings.InvalidSettingException.Check;
import dev.warmlane.settings.PoolSettings.ScalingSettings;
import dev.warmlane.settings.UpstreamSettings.QueueSettings;
import dev.warmlane.settings.UpstreamSettings.RetrySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The root of all settings. Immutable and valid once made.
 *
 * @param endpoints URLs of vLLM servers, with a path where a proxy serves them under one. Shorthand for one static pool named "default".
 * @param pools List of pools of interchangeable vLLM servers.
 * @param affinity which requests belong together
 * @param modelNames what clients may call models
 * @param routing how an endpoint is chosen
 * @param index the prediction of what each endpoint's KV cache holds
 * @param cache what other sizes of caches would bring
 * @param scaling how many endpoints are advised
 * @param prewarm filling an empty cache before its first request
 * @param usage how the gateway learns what was really cached
 * @param scrape how the endpoints' metrics are read
 * @param upstream connections to the endpoints
 * @param limits what clients may send
 * @param queue what happens while all endpoints are full
 * @param retry failover to another endpoint before the first byte
 * @param drain graceful shutdown
 * @param health health checks of the endpoints, and slow start
 * @param outlier outlier ejection
 * @param discovery how Kubernetes is watched
 * @param accessLog the access log
 * @param dashboard the dashboard
 * @param history the dashboard's history
 * @param auth who may send requests
 * @param tenancy tenants that share endpoints and nothing else
 * @param cluster the cluster of replicas
 * @param management who may use the management port
 * @param cors which web pages may send requests from browsers
 * @param responseHeaders Whether responses name their endpoint and affinity in x-warmlane-* headers.
 * @param endpointSalt Secret salt, the same for all replicas. If set, x-warmlane-endpoint has a pseudonym of the endpoint instead of its
 *     name. Empty: its name.
 * @param probes Whether the gateway itself responds to /health, /ping, /version and /load on the public port, without a key: 200
 *     while it is ready, else 503. Nothing there tells of the engines.
 * @param warmUp How long the gateway may serve requests of its own before it is ready, so that the JVM has compiled what clients
 *     would wait for, at most 10m. It ends sooner when that is compiled. 0s: not at all.
 */
@ConfigurationProperties(prefix = "warmlane", ignoreUnknownFields = false)
public record WarmlaneSettings(
        @DefaultValue List<String> endpoints,
        @DefaultValue List<PoolSettings> pools,
        @DefaultValue @NestedConfigurationProperty AffinitySettings affinity,
        @DefaultValue @NestedConfigurationProperty ModelNamesSettings modelNames,
        @DefaultValue @NestedConfigurationProperty RoutingSettings routing,
        @DefaultValue @NestedConfigurationProperty IndexSettings index,
        @DefaultValue @NestedConfigurationProperty CacheSettings cache,
        @DefaultValue @NestedConfigurationProperty ScalingSettings scaling,
        @DefaultValue @NestedConfigurationProperty PrewarmSettings prewarm,
        @DefaultValue @NestedConfigurationProperty UsageSettings usage,
        @DefaultValue @NestedConfigurationProperty ScrapeSettings scrape,
        @DefaultValue @NestedConfigurationProperty UpstreamSettings upstream,
        @DefaultValue @NestedConfigurationProperty LimitSettings limits,
        @DefaultValue @NestedConfigurationProperty QueueSettings queue,
        @DefaultValue @NestedConfigurationProperty RetrySettings retry,
        @DefaultValue @NestedConfigurationProperty DrainSettings drain,
        @DefaultValue @NestedConfigurationProperty HealthSettings health,
        @DefaultValue @NestedConfigurationProperty OutlierSettings outlier,
        @DefaultValue @NestedConfigurationProperty DiscoverySettings discovery,
        @DefaultValue @NestedConfigurationProperty AccessLogSettings accessLog,
        @DefaultValue @NestedConfigurationProperty DashboardSettings dashboard,
        @DefaultValue @NestedConfigurationProperty HistorySettings history,
        @DefaultValue @NestedConfigurationProperty AuthSettings auth,
        @DefaultValue @NestedConfigurationProperty TenancySettings tenancy,
        @DefaultValue @NestedConfigurationProperty ClusterSettings cluster,
        @DefaultValue @NestedConfigurationProperty ManagementSettings management,
        @DefaultValue @NestedConfigurationProperty CorsSettings cors,
        @DefaultValue("true") boolean responseHeaders,
        @DefaultValue("") String endpointSalt,
        @DefaultValue("true") boolean probes,
        @DefaultValue("10s") Duration warmUp) {

    /** After a longer wait, a gateway would be taken for one that hangs. */
    private static final Duration LONGEST_WARM_UP = Duration.ofMinutes(10);

    public WarmlaneSettings {
        Check.notNegative("warmlane.warm-up", warmUp);
        Check.atMost("warmlane.warm-up", warmUp, LONGEST_WARM_UP);
        pools = withShorthand(endpoints, pools);
        if (tenancy.enabled() && !auth.enabled()) {
            throw new InvalidSettingException(
                    "warmlane.tenancy.secret-file",
                    tenancy.secretFile(),
                    "nothing unless warmlane.auth tells who clients are");
        }
        int shorthand = endpoints.isEmpty() ? 0 : 1;
        Set<String> names = new HashSet<>();
        for (int i = 0; i < pools.size(); i++) {
            PoolSettings pool = pools.get(i);
            String key = i < shorthand ? "warmlane.endpoints" : "warmlane.pools[" + (i - shorthand) + "]";
            pool.check(key, upstream.sslBundle());
            if (!names.add(pool.name())) {
                throw new InvalidSettingException(
                        key + ".name",
                        pool.name(),
                        "a name that no other pool has"
                                + (shorthand == 0 ? "" : "; warmlane.endpoints is the pool default"));
            }
        }
    }

    /** The bundle that secures connections to a pool's servers; empty: none. */
    public String sslBundle(PoolSettings pool) {
        return pool.sslBundleOr(upstream.sslBundle());
    }

    /** Keeps the salt out of logs. */
    @Override
    public String toString() {
        return "WarmlaneSettings[pools=" + pools + "]";
    }

    private static List<PoolSettings> withShorthand(List<String> endpoints, List<PoolSettings> pools) {
        if (endpoints.isEmpty()) {
            return List.copyOf(pools);
        }
        List<PoolSettings> all = new ArrayList<>(pools);
        all.add(0, PoolSettings.ofEndpoints("default", endpoints));
        return List.copyOf(all);
    }

    /**
     * How the gateway learns what was really cached.
     *
     * @param request Whether to request a usage report for streams whose clients did not ask for one. The report is removed from
     *     what the client gets.
     */
    public record UsageSettings(@DefaultValue("false") boolean request) {}

    /**
     * What clients may call models.
     *
     * @param file File of names for models: aliases, weighted splits, fallbacks and mirrors. Empty: none.
     * @param reload Time between two checks of warmlane.model-names.file for changes.
     */
    public record ModelNamesSettings(
            @DefaultValue("") String file,
            @DefaultValue("10s") Duration reload) {

        public ModelNamesSettings {
            Check.positive("warmlane.model-names.reload", reload);
        }
    }

    /**
     * How an endpoint is chosen.
     *
     * @param policy Routing policy: the name of a file in gateway/policies, without its extension.
     * @param parameters Parameters of the policy, by name, that override those of its file.
     */
    public record RoutingSettings(
            @DefaultValue("expected-cost") String policy,
            @DefaultValue Map<String, String> parameters) {}

    /**
     * The prediction of what each endpoint's KV cache holds.
     *
     * @param tokensPerEndpoint Tokens that the gateway assumes an endpoint can cache. 0: what the engine reports.
     * @param maxTokensPerEndpoint Upper bound for the cache size that an engine reports, in tokens. It bounds the memory of the
     *     index: about one byte a token and endpoint.
     */
    public record IndexSettings(
            @DefaultValue("0") long tokensPerEndpoint,
            @DefaultValue("16000000") long maxTokensPerEndpoint) {

        /** Ten gigabytes of memory for each endpoint. */
        private static final long MOST_TOKENS = 10_000_000_000L;

        public IndexSettings {
            Check.between("warmlane.index.tokens-per-endpoint", tokensPerEndpoint, 0, MOST_TOKENS);
            Check.between("warmlane.index.max-tokens-per-endpoint", maxTokensPerEndpoint, 1, MOST_TOKENS);
        }
    }

    /**
     * Tenants that share endpoints and nothing else.
     *
     * @param secretFile File of at least 32 random bytes, the same for all replicas. If set, tenants share neither cache nor
     *     sessions nor stored responses. Needs warmlane.auth.
     * @param serveUnsalted Whether to serve paths on which engines ignore cache_salt, so that tenants share a cache there.
     */
    public record TenancySettings(
            @DefaultValue("") String secretFile,
            @DefaultValue("false") boolean serveUnsalted) {

        /** Whether tenants are separated. */
        public boolean enabled() {
            return !secretFile.isEmpty();
        }
    }

    /**
     * What other sizes of caches would bring, and where hits are lost.
     *
     * @param watch Prompts from which the gateway estimates what other cache sizes would hit: those that the routing policy reads
     *     anyway (routed), all, or none (off).
     */
    public record CacheSettings(@DefaultValue("routed") Watch watch) {

        /** Which prompts are looked at. */
        public enum Watch {
            /** Those that are read to route them. */
            ROUTED,
            /** All, even if routing does not need them; reading them costs. */
            ALL,
            /** None. */
            OFF
        }
    }

    /**
     * The dashboard.
     *
     * @param enabled Whether the management port serves the dashboard at /dashboard.
     * @param readOnly Whether the dashboard only shows data. Otherwise it can also release sessions, and drain, eject and readmit endpoints.
     * @param targetHitRatio Prefix-cache hit ratio, from 0 to 1, below which dashboard and alerts warn. 0: no target.
     * @param ttftTarget Target for the 90th percentile of the time to first token. Beyond it dashboard and alerts warn. 0s: no
     *     target.
     */
    public record DashboardSettings(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("false") boolean readOnly,
            @DefaultValue("0.8") double targetHitRatio,
            @DefaultValue("2s") Duration ttftTarget) {

        public DashboardSettings {
            if (!(targetHitRatio >= 0 && targetHitRatio <= 1)) {
                throw new InvalidSettingException("warmlane.dashboard.target-hit-ratio", targetHitRatio, "from 0 to 1");
            }
            Check.notNegative("warmlane.dashboard.ttft-target", ttftTarget);
        }
    }

    /**
     * The dashboard's history: the last hour, day and week.
     *
     * @param directory Directory that keeps the dashboard's history across restarts. Empty: in memory only.
     * @param saveInterval Time between two saves of the history. What is newer is lost if the process is killed.
     * @param maxEndpoints Maximum number of endpoints with a history, departed ones included. Each takes about 85 KB.
     */
    public record HistorySettings(
            @DefaultValue("") String directory,
            @DefaultValue("5m") Duration saveInterval,
            @DefaultValue("300") int maxEndpoints) {

        /** Most of a gigabyte. */
        private static final int MOST_ENDPOINTS = 10_000;

        public HistorySettings {
            Check.positive("warmlane.history.save-interval", saveInterval);
            Check.between("warmlane.history.max-endpoints", maxEndpoints, 1, MOST_ENDPOINTS);
        }
    }

    /**
     * Graceful shutdown.
     *
     * @param accept How long new requests are still accepted after SIGTERM, while readiness is 503 and load balancers take
     *     notice.
     * @param timeout How long requests may run on after warmlane.drain.accept. Longer ones are ended with an error.
     * @param firstRequest How long a connection that is new when the port closes may take to begin its first request, within
     *     warmlane.drain.timeout.
     * @param farewell How long the errors of requests that were ended may take to reach their clients, and after that the last spans
     *     their collector.
     * @param close How long everything else may take to close after that: goodbyes to the other replicas, the last save of the history.
     *     Then the process ends in any case.
     */
    public record DrainSettings(
            @DefaultValue("10s") Duration accept,
            @DefaultValue("10m") Duration timeout,
            @DefaultValue("1s") Duration firstRequest,
            @DefaultValue("5s") Duration farewell,
            @DefaultValue("10s") Duration close) {

        public DrainSettings {
            Check.notNegative("warmlane.drain.accept", accept);
            Check.notNegative("warmlane.drain.timeout", timeout);
            Check.notNegative("warmlane.drain.first-request", firstRequest);
            Check.positive("warmlane.drain.farewell", farewell);
            Check.positive("warmlane.drain.close", close);
        }
    }
}
