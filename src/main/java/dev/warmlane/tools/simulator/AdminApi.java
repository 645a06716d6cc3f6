package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.Faults.MetricsFault;
import dev.warmlane.tools.simulator.Faults.Transfers;
import dev.warmlane.tools.simulator.GenerationService.ServerStats;
import dev.warmlane.tools.simulator.HttpExchange.Route;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.engine.EngineStats;
import java.time.Duration;
import java.util.Map;
import tools.jackson.databind.JsonNode;

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
        ServerStats stats = server.stats();
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

    /** {@link Faults} as JSON: durations in milliseconds, what is left out is no fault. */
    static final class FaultsJson {
        private static final long MAX_MILLIS = Duration.ofDays(1).toMillis();

        private FaultsJson() {}

        /**
         * Reads faults.
         *
         * @throws IllegalArgumentException naming the field, its value and what was expected
         */
        static Faults read(JsonNode node) {
            Faults.Builder faults = Faults.builder();
            node.properties().forEach(field -> set(faults, field.getKey(), field.getValue()));
            return faults.build();
        }

        private static void set(Faults.Builder faults, String name, JsonNode value) {
            switch (name) {
                case "latencyMillis" -> faults.latency(millis(name, value));
                case "status" -> faults.status(integer(name, value));
                case "statusCount" -> faults.statusCount(integer(name, value));
                case "statusProbability" ->
                    faults.statusProbability(
                            checked(value.isNumber(), name, value, "0..1").doubleValue());
                case "hang" -> faults.hang(bool(name, value));
                case "resetAfterChunks" -> faults.resetAfterChunks(integer(name, value));
                case "refuseMillis" -> faults.refuse(millis(name, value));
                case "slowStartMillis" -> faults.slowStart(millis(name, value));
                case "metrics" -> faults.metrics(MetricsFault.parse(value.asString(value.toString())));
                case "zeroTokenAbort" -> faults.zeroTokenAbort(bool(name, value));
                case "unhealthy" -> faults.unhealthy(bool(name, value));
                case "endingMillis" -> faults.ending(millis(name, value));
                case "transferMillis" -> {
                    Transfers before = faults.transfers();
                    faults.transfers(new Transfers(millis(name, value), before.fails(), before.lease()));
                }
                case "transferFails" -> {
                    Transfers before = faults.transfers();
                    faults.transfers(new Transfers(before.time(), bool(name, value), before.lease()));
                }
                case "leaseMillis" -> {
                    Transfers before = faults.transfers();
                    faults.transfers(new Transfers(before.time(), before.fails(), millis(name, value)));
                }
                default ->
                    checked(false, name, value, "one of " + write(Faults.NONE).names());
            }
        }

        static Json write(Faults faults) {
            return Json.of("latencyMillis", faults.latency().toMillis(), "status", faults.status())
                    .and("statusCount", faults.statusCount(), "statusProbability", faults.statusProbability())
                    .and("hang", faults.hang(), "resetAfterChunks", faults.resetAfterChunks())
                    .and("refuseMillis", faults.refuse().toMillis())
                    .and("slowStartMillis", faults.slowStart().toMillis())
                    .and("metrics", faults.metrics().label(), "zeroTokenAbort", faults.zeroTokenAbort())
                    .and(
                            "unhealthy",
                            faults.unhealthy(),
                            "endingMillis",
                            faults.ending().toMillis())
                    .and("transferMillis", faults.transfers().time().toMillis())
                    .and("transferFails", faults.transfers().fails())
                    .and("leaseMillis", faults.transfers().lease().toMillis());
        }

        private static Duration millis(String name, JsonNode value) {
            boolean valid = value.isIntegralNumber() && value.asLong(-1) >= 0 && value.asLong(-1) <= MAX_MILLIS;
            return Duration.ofMillis(
                    checked(valid, name, value, "0.." + MAX_MILLIS).asLong());
        }

        private static int integer(String name, JsonNode value) {
            return checked(value.isInt(), name, value, "an integer").intValue();
        }

        private static boolean bool(String name, JsonNode value) {
            return checked(value.isBoolean(), name, value, "true or false").booleanValue();
        }

        private static JsonNode checked(boolean valid, String name, JsonNode value, String expected) {
            WrongArgumentException.check(valid, name, value, expected);
            return value;
        }
    }
}
