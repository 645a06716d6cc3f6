package dev.warmlane.engines.tls;

import java.util.Map;
import reactor.netty.http.client.HttpClient;

/**
 * Which pools have connections of their own kind. The others trust whom Java trusts, and have no certificate to show.
 *
 * @param pools by name
 */
public record PoolTls(Map<String, ClientTls> pools) {
    /** No pool has. */
    public static final PoolTls NONE = new PoolTls(Map.of());

    public PoolTls {
        pools = Map.copyOf(pools);
    }

    /** The client for the endpoints of a pool. */
    public HttpClient secure(HttpClient http, String pool) {
        ClientTls tls = pools.isEmpty() ? null : pools.get(pool);
        return tls == null ? http : tls.secure(http);
    }
}
