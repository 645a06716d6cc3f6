package dev.warmlane.core.sharing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the other replicas have in flight at the endpoints of one pool: for each of them what it said last, and the sums over all,
 * which are what decisions read. Whoever has not been heard for too long counts as nothing. Written under this object's lock,
 * read without.
 */
final class SharedLoad implements ReplicaLoad {
    /** One replica's load, or all replicas', of one endpoint. */
    record Sums(int requests, long promptTokens, long prefillTokens) {
        static final Sums NOTHING = new Sums(0, 0, 0);

        Sums plus(Sums added, Sums removed) {
            return new Sums(
                    requests + added.requests - removed.requests,
                    promptTokens + added.promptTokens - removed.promptTokens,
                    prefillTokens + added.prefillTokens - removed.prefillTokens);
        }
    }

    private final ConcurrentHashMap<EndpointId, Sums> total = new ConcurrentHashMap<>();
    private final Map<String, Map<EndpointId, Sums>> byOrigin = new HashMap<>();

    @Override
    public int requests(EndpointId endpoint) {
        return total.getOrDefault(endpoint, Sums.NOTHING).requests();
    }

    @Override
    public long promptTokens(EndpointId endpoint) {
        return total.getOrDefault(endpoint, Sums.NOTHING).promptTokens();
    }

    @Override
    public long prefillTokens(EndpointId endpoint) {
        return total.getOrDefault(endpoint, Sums.NOTHING).prefillTokens();
    }

    /** What this replica has at an endpoint from now on. */
    synchronized void told(String origin, EndpointId endpoint, Sums sums) {
        Map<EndpointId, Sums> known = byOrigin.computeIfAbsent(origin, first -> new HashMap<>());
        Sums before = sums.equals(Sums.NOTHING) ? known.remove(endpoint) : known.put(endpoint, sums);
        change(endpoint, sums, before == null ? Sums.NOTHING : before);
    }

    /** What this replica has at all endpoints: nothing at those that it does not name. */
    synchronized void toldAll(String origin, Map<EndpointId, Sums> sums) {
        forget(origin);
        sums.forEach((endpoint, each) -> told(origin, endpoint, each));
    }

    /** This replica has left, or is silent. */
    synchronized void forget(String origin) {
        Map<EndpointId, Sums> known = byOrigin.remove(origin);
        if (known != null) {
            known.forEach((endpoint, sums) -> change(endpoint, Sums.NOTHING, sums));
        }
    }

    private void change(EndpointId endpoint, Sums added, Sums removed) {
        total.compute(endpoint, (id, sums) -> {
            Sums changed = (sums == null ? Sums.NOTHING : sums).plus(added, removed);
            return changed.equals(Sums.NOTHING) ? null : changed;
        });
    }
}
