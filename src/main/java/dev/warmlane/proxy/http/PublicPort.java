package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.web.server.ServerWebExchange;

/**
 * Tells exchanges of the public port from those of the management port. The latter has a context of its own, which inherits
 * every filter and route of the public one, and asks nobody who they are: nothing may be served there by inheritance.
 */
public final class PublicPort {
    private static final String MANAGEMENT = "management";

    private PublicPort() {}

    public static boolean serves(ServerWebExchange exchange) {
        return !WebServerApplicationContext.hasServerNamespace(exchange.getApplicationContext(), MANAGEMENT);
    }

    /** Fails with 404 on the management port. */
    public static void check(ServerWebExchange exchange) {
        if (!serves(exchange)) {
            throw ApiException.unknownPath();
        }
    }
}
