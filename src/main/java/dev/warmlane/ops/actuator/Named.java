package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.error.ApiException;

/** What operators ask for by name, or the 404 that says which names there are. */
public final class Named {
    private Named() {}

    /** The pool of this name. */
    public static Pool pool(Pools pools, String name) {
        Pool pool = pools.find(name);
        if (pool == null) {
            throw ApiException.unknownName("pool", name, "one of " + pools.names());
        }
        return pool;
    }

    /** The endpoint of this pool that has this id. */
    public static Endpoint endpoint(Pool pool, String id) {
        Endpoint endpoint = id.isBlank() ? null : pool.endpoints().snapshot().find(new EndpointId(id));
        if (endpoint == null) {
            throw unknownEndpoint(id);
        }
        return endpoint;
    }

    static ApiException unknownEndpoint(String wanted) {
        return ApiException.unknownName("endpoint", wanted, "one that /actuator/vllm lists");
    }
}
