package dev.warmlane.settings;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The root of all settings. Immutable and valid once made.
 *
 * @param endpoints URLs of vLLM servers. Shorthand for one static pool named "default".
 * @param pools List of pools of interchangeable vLLM servers.
 * @param affinity which requests belong together
 * @param routing how an endpoint is chosen
 * @param index the prediction of what each endpoint's KV cache holds
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
 * @param responseHeaders Whether responses name their endpoint and affinity in x-warmlane-* headers.
 */
@ConfigurationProperties(prefix = "warmlane", ignoreUnknownFields = false)
public record WarmlaneSettings(
        @DefaultValue List<String> endpoints,
        @DefaultValue List<PoolSettings> pools,
        @DefaultValue @NestedConfigurationProperty AffinitySettings affinity,
        @DefaultValue @NestedConfigurationProperty RoutingSettings routing,
        @DefaultValue @NestedConfigurationProperty IndexSettings index,
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
        @DefaultValue("true") boolean responseHeaders) {

    public WarmlaneSettings {
        pools = withShorthand(endpoints, pools);
        if (tenancy.enabled() && !auth.enabled()) {
            throw new InvalidSettingException(
                    "warmlane.tenancy.secret-file",
                    tenancy.secretFile(),
                    "nothing unless warmlane.auth tells who clients are");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < pools.size(); i++) {
            PoolSettings pool = pools.get(i);
            pool.check("warmlane.pools[" + i + "]");
            if (!names.add(pool.name())) {
                throw new InvalidSettingException(
                        "warmlane.pools[" + i + "].name", pool.name(), "a name that no other pool has");
            }
        }
    }

    /** The bundle that secures connections to a pool's servers; empty: none. */
    public String sslBundle(PoolSettings pool) {
        return pool.sslBundle() != null ? pool.sslBundle() : upstream.sslBundle();
    }

    private static List<PoolSettings> withShorthand(List<String> endpoints, List<PoolSettings> pools) {
        if (endpoints.isEmpty()) {
            return List.copyOf(pools);
        }
        List<PoolSettings> all = new ArrayList<>(pools);
        all.add(0, PoolSettings.ofEndpoints("default", endpoints));
        return List.copyOf(all);
    }
}
