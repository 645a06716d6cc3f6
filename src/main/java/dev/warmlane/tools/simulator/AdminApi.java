package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineStats;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** The paths under {@code /simulator}, which no vLLM has: faults, state, reset. On the server's event loop. */
final class AdminApi {
    private static final String ROOT = "/simulator/";

    private final SimulatedServer server;
    private final VllmVersion version;
    private final Map<String, Route> routes;

    AdminApi(SimulatedServer server, VllmVersion version) {
        this.server = server;
        this.version = version;
        this.routes = Map.of(
                ROOT + "faults", new Route("POST", this::faults),
                ROOT + "state", new Route("GET", this::state),
                ROOT + "reset", new Route("POST", this::reset));
    }

    boolean owns(String path) {
        return path.startsWith(ROOT);
    }

    void handle(HttpExchange exchange) {
        Route.dispatch(routes, exchange, version);
    }

    private void faults(HttpExchange exchange) {
        Faults faults;
        try {
            faults = FaultsJson.read(Json.readObject(exchange.body()));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
        String applied = FaultsJson.write(faults).toString();
        server.applyFaults(faults).addListener(done -> exchange.reply(200, HttpExchange.JSON, applied));
    }

    private void state(HttpExchange exchange) {
        ServerStats stats = server.stats();
        EngineStats engine = stats.engine();
        ObjectNode state = Json.object()
                .put("requests", stats.requests())
                .put("inFlight", stats.inFlight())
                .put("cancels", stats.cancels())
                .put("running", engine.running())
                .put("waiting", engine.waiting())
                .put("kvCacheUsage", engine.kvCacheUsage())
                .put("queriedTokens", engine.queriedTokens())
                .put("hitTokens", engine.hitTokens())
                .put("preemptions", engine.preemptions());
        state.set("faults", FaultsJson.write(server.faults()));
        exchange.reply(200, HttpExchange.JSON, state.toString());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Its reply goes first: a reset breaks this connection too.
    private void reset(HttpExchange exchange) {
        exchange.reply(200, HttpExchange.JSON, "{}");
        server.reset();
    }
}
