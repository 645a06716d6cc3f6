package dev.warmlane.engines.pool;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.SharedPrompts;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingPolicy.Promise;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.discovery.Discovery;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.PoolSettings.PrefillDecodeSettings;
import dev.warmlane.settings.WarmlaneSettings.DashboardSettings;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClient;

/**
 * Interchangeable vLLM servers, and all that the gateway keeps for them. Each part is safe for concurrent use.
 *
 * @param models the models that it is set to serve; empty: those that its endpoints list
 * @param passesUnknownModels whether a request for a model that nobody lists is sent to it all the same
 * @param apiKey the key that its endpoints ask for; null, and none of the gateway's own, for the client's
 * @param passesKeys whether endpoints get the client's key even though the gateway has asked for it
 * @param tls secures connections to its endpoints; null: as Java does by default
 * @param discovery lists its endpoints
 * @param health knows which of them are healthy
 * @param router chooses among them
 * @param versions what its engines say that they are
 * @param queue where requests wait while all of them are full
 * @param targets what it is judged by
 * @param prefillDecode how prompts get from its prefill to its decode endpoints, if it has such
 * @param prewarming what an empty cache is filled with, and how; null: none is filled
 */
public record Pool(
        List<String> models,
        boolean passesUnknownModels,
        @Nullable String apiKey,
        boolean passesKeys,
        @Nullable ClientTls tls,
        Discovery discovery,
        PoolHealth health,
        Router router,
        EngineVersions versions,
        AdmissionQueue queue,
        PoolTargets targets,
        PrefillDecodeSettings prefillDecode,
        @Nullable Prewarming prewarming) {

    public Pool {
        models = List.copyOf(models);
    }

    /** As the settings call it, and metric labels do. */
    public String name() {
        return endpoints().name();
    }

    /** Its endpoints; the snapshot is replaced as discovery and health change. */
    public EndpointPool endpoints() {
        return health.pool();
    }

    /** The client with its connections to endpoints of this pool secured. */
    public HttpClient secure(HttpClient client) {
        return tls == null ? client : tls.secure(client);
    }

    /** Whether its endpoints are those known last, because their source cannot be followed. */
    public boolean isDiscoveryStale() {
        return discovery.status().state() == DiscoveryStatus.State.STALE;
    }

    /**
     * Whether a server of this pool has requests in flight, or has sent a byte of a response since.
     *
     * @param ranks how many data-parallel ranks it has; 0 where they are not told apart
     * @param sinceNanos as of {@link System#nanoTime}
     */
    public boolean isUsedSince(EndpointId server, int ranks, long sinceNanos) {
        if (health.heardSince(server, sinceNanos) || router.inFlight().requests(server) > 0) {
            return true;
        }
        for (int rank = 0; rank < ranks; rank++) {
            if (router.inFlight().requests(server.rank(rank)) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "Pool[" + name() + "]";
    }

    /**
     * Filling the empty caches of a pool.
     *
     * @param shared what they are filled with
     * @param settings this pool's
     */
    public record Prewarming(SharedPrompts shared, PrewarmSettings settings) {

        /** Null where the settings say that none is filled. */
        static @Nullable Prewarming of(PrewarmSettings settings) {
            return settings.enabled()
                    ? new Prewarming(
                            new SharedPrompts(
                                    settings.minSessions(),
                                    settings.memoryBytes(),
                                    settings.ttl(),
                                    Ticker.systemTicker()),
                            settings)
                    : null;
        }
    }

    /** Which releases of vLLM the engines of a pool say that they are. Safe for concurrent use; reading takes no lock. */
    public static final class EngineVersions {
        private volatile Map<EndpointId, EngineVersion> known = Map.of();
        private volatile @Nullable EngineVersion oldest;

        /** Replaces what is known by what the engines have said by now. */
        public void learn(Map<EndpointId, EngineVersion> versions) {
            known = Map.copyOf(versions);
            Collection<EngineVersion> all = versions.values();
            oldest = all.stream().min(EngineVersion::compareTo).orElse(null);
        }

        /** The oldest release among those that have said theirs; null: none has. */
        public @Nullable EngineVersion oldest() {
            return oldest;
        }

        /** Whether each of these endpoints has said that it is of this release or a later one. */
        public boolean allSince(EngineVersion release, List<Endpoint> endpoints) {
            Map<EndpointId, EngineVersion> said = known;
            for (Endpoint endpoint : endpoints) {
                EngineVersion version = said.get(endpoint.id());
                if (version == null || version.compareTo(release) < 0) {
                    return false;
                }
            }
            return !endpoints.isEmpty();
        }
    }

    /**
     * What a pool is judged by, on the page and by the alerts; null where it is not.
     *
     * @param hitRatio share of prompt tokens that caches should hold at least, in (0, 1]
     * @param ttftSeconds what nine of ten streams should not wait longer for
     * @param stickiness share of known sessions' requests that should go to their bound endpoint at least
     * @param losingHits share of known sessions' requests that may lose hits by moving
     */
    public record PoolTargets(
            @Nullable Double hitRatio,
            @Nullable Double ttftSeconds,
            @Nullable Double stickiness,
            @Nullable Double losingHits) {
        private static final double STAYS = 0.999;
        private static final double LOSES = 0.05;

        /** The targets that the settings give the pool, its own before the general ones, and those that its policy promises. */
        static PoolTargets of(PoolSettings pool, DashboardSettings general, Promise promise) {
            double hitRatio = Objects.requireNonNullElse(pool.targetHitRatio(), general.targetHitRatio());
            Duration ttft = Objects.requireNonNullElse(pool.ttftTarget(), general.ttftTarget());
            return new PoolTargets(
                    hitRatio == 0 ? null : (Double) hitRatio,
                    ttft.isZero() ? null : (Double) (ttft.toMillis() / 1000.0),
                    promise == Promise.STAYS ? (Double) STAYS : null,
                    promise == Promise.MOVES_AT_A_GAIN ? (Double) LOSES : null);
        }
    }
}
