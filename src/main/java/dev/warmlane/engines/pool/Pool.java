package dev.warmlane.engines.pool;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.routing.Router;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.discovery.Discovery;
import dev.warmlane.engines.discovery.DiscoveryStatus;
import dev.warmlane.settings.PrefillDecodeSettings;
import java.util.List;
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
        PrefillDecodeSettings prefillDecode) {

    public Pool {
        models = List.copyOf(models);
    }

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

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "Pool[" + name() + "]";
    }
}
