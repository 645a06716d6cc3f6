package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.EngineVersion;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which releases of vLLM the engines of a pool say that they are. Safe for concurrent use; reading takes no lock. */
public final class EngineVersions {
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
