package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a path does.
 *
 * @param method the one method it allows
 * @param handler answers the exchange, now or later; may throw {@link ApiException}
 */
record Route(String method, Consumer<HttpExchange> handler) {
    static Route get(Consumer<HttpExchange> handler) {
        return new Route("GET", handler);
    }

    /** A page of JSON. */
    static Route page(Supplier<Json> page) {
        return get(exchange -> exchange.reply(200, page.get().toString()));
    }

    static Route post(Consumer<HttpExchange> handler) {
        return new Route("POST", handler);
    }

    /** Lets the route of the exchange's path answer it, or says as FastAPI does why none can. */
    static void dispatch(Map<String, Route> routes, HttpExchange exchange, VllmVersion version) {
        Route route = routes.get(exchange.path());
        if (route == null) {
            exchange.reply(404, "{\"detail\":\"Not Found\"}");
        } else if (!route.method.equals(exchange.method())) {
            exchange.reply(405, "{\"detail\":\"Method Not Allowed\"}");
        } else {
            try {
                route.handler.accept(exchange);
            } catch (ApiException e) {
                exchange.reply(e, version);
            }
        }
    }
}
