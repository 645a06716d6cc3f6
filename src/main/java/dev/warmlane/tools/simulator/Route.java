package dev.warmlane.tools.simulator;

import java.util.Map;
import java.util.function.Consumer;

/**
 * What a path does.
 *
 * @param method the one method it allows
 * @param handler answers the exchange, now or later; may throw {@link ApiException}
 */
record Route(String method, Consumer<HttpExchange> handler) {

    /** Lets the route of the exchange's path answer it, or says as FastAPI does why none can. */
    static void dispatch(Map<String, Route> routes, HttpExchange exchange, VllmVersion version) {
        Route route = routes.get(exchange.path());
        if (route == null) {
            exchange.reply(404, HttpExchange.JSON, "{\"detail\":\"Not Found\"}");
        } else if (!route.method.equals(exchange.method())) {
            exchange.reply(405, HttpExchange.JSON, "{\"detail\":\"Method Not Allowed\"}");
        } else {
            try {
                route.handler.accept(exchange);
            } catch (ApiException e) {
                exchange.reply(e.status(), HttpExchange.JSON, e.body(version));
            }
        }
    }
}
