package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.engine.EngineStats;
import java.util.Map;

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
                ROOT + "faults", Route.post(this::faults),
                ROOT + "state", Route.page(this::state),
                ROOT + "reset", Route.post(this::reset));
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
            faults = FaultsJson.read(exchange.json());
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
        String applied = FaultsJson.write(faults).toString();
        server.applyFaults(faults).addListener(done -> exchange.reply(200, applied));
    }

    private Json state() {
        SimulatedServer.Stats stats = server.stats();
        EngineStats engine = stats.engine();
        return Json.of("requests", stats.requests(), "inFlight", stats.inFlight(), "cancels", stats.cancels())
                .and("running", engine.running(), "waiting", engine.waiting(), "kvCacheUsage", engine.kvCacheUsage())
                .and("queriedTokens", engine.queriedTokens(), "hitTokens", engine.hitTokens())
                .and("preemptions", engine.preemptions(), "faults", FaultsJson.write(server.faults()));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Its reply goes first: a reset breaks this connection too.
    private void reset(HttpExchange exchange) {
        exchange.reply(200, "{}");
        server.reset();
    }
}
