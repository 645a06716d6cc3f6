package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** Why hits are lost is found from the traffic, for causes that are known here: each in a pool of its own, of the same gateway if it can be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheLossIT {
    private static final int SESSIONS = 12;
    private static final int TURNS = 7;
    private static final CacheConfig CACHE = ServerOptions.DEFAULTS.cache();

    private final ChatClient client = new ChatClient();
    private final List<SimulatedFleet> fleets = new ArrayList<>();
    private RunningGateway gateway;
    private RunningGateway drawingLots;

    @BeforeAll
    void start() {
        gateway = inFrontOf(Map.of(
                "well",
                CACHE,
                "changing",
                CACHE,
                "uncached",
                new CacheConfig(16, 27_652, false),
                "tiny",
                new CacheConfig(16, 600, true)));
        drawingLots = inFrontOf(Map.of("lots", CACHE), "warmlane.routing.policy=random", "warmlane.cache.watch=all");
    }

    @AfterAll
    void stop() {
        gateway.close();
        drawingLots.close();
        fleets.forEach(SimulatedFleet::close);
    }

    /** A gateway with pools of four servers, told by their models, which bear the names of the pools. */
    private RunningGateway inFrontOf(Map<String, CacheConfig> caches, String... more) {
        List<String> settings = new ArrayList<>(List.of(more));
        int before = fleets.size();
        FleetOptions four = FleetOptions.instant(4);
        caches.forEach((name, cache) -> {
            ServerOptions server = four.server().withCache(cache).withModels(new Models(name, List.of(), 131_072));
            SimulatedFleet fleet = SimulatedFleet.start(four.withServer(server));
            fleets.add(fleet);
            String pool = "warmlane.pools[%d].".formatted(fleets.size() - before - 1);
            settings.add(pool + "name=" + name);
            settings.add(pool + "models=" + name);
            settings.add(pool + "endpoints="
                    + fleet.uris().stream().map(URI::toString).collect(Collectors.joining(",")));
        });
        return RunningGateway.start(settings.toArray(new String[0])).ready();
    }

    /** What stands in front of a session's prompt. */
    private interface Beginning {
        String of(int session, int turn);
    }

    @Test
    void wellServedSessionsHaveLittleToWin() {
        JsonNode ladder = after(gateway, "well", CacheLossIT::instructions);

        assertThat(ladder.path("main").isNull()).as(ladder.toPrettyString()).isTrue();
        assertThat(ladder.path("hitRatio").asDouble()).isGreaterThan(0.7);
    }

    @Test
    void engineWithoutPrefixCachingDoesNotDeliver() {
        JsonNode main = main(after(gateway, "uncached", CacheLossIT::instructions));

        assertThat(main.path("cause").asString()).isEqualTo("delivery");
        assertThat(main.path("remedy").asString()).contains("--enable-prefix-caching");
    }

    @Test
    void tinyCacheIsTooSmall() {
        JsonNode main = main(after(gateway, "tiny", CacheLossIT::instructions));

        assertThat(main.path("cause").asString()).isEqualTo("capacity");
    }

    @Test
    void lineThatChangesInFrontOfEachPromptIsNamedByItsBlock() {
        JsonNode main = main(after(
                gateway,
                "changing",
                (session, turn) -> ChatClient.text(150, "rules") + " It is " + session + ":" + turn + ". "
                        + instructions(session, turn)));

        assertThat(main.path("cause").asString()).isEqualTo("compulsory");
        assertThat(main.path("remedy").asString()).contains("differ from their session's last in block 3.");
    }

    @Test
    void policyThatDrawsLotsSpreadsWhatBelongsTogether() {
        JsonNode main = main(after(drawingLots, "lots", CacheLossIT::instructions));

        assertThat(main.path("cause").asString()).isEqualTo("routing");
    }

    private static String instructions(int session, int turn) {
        return ChatClient.text(2000, "instructions-" + session);
    }

    private static JsonNode main(JsonNode ladder) {
        for (JsonNode step : ladder.path("steps")) {
            if (step.path("cause").equals(ladder.path("main"))) {
                return step;
            }
        }
        throw new AssertionError("no cause: " + ladder.toPrettyString());
    }

    /** The ladder of a pool after all sessions have had their turns. */
    private JsonNode after(RunningGateway routing, String pool, Beginning beginning) {
        await().until(() -> !cacheOf(routing, pool).path("capacityTokens").isNull());
        for (int turn = 0; turn < TURNS; turn++) {
            for (int session = 0; session < SESSIONS; session++) {
                StringBuilder prompt = new StringBuilder(beginning.of(session, turn));
                for (int said = 0; said <= turn; said++) {
                    prompt.append(ChatClient.text(300, "turn-" + said));
                }
                String body = ChatClient.JSON.writeValueAsString(Map.of(
                        "model", pool, "messages", List.of(Map.of("role", "user", "content", prompt.toString()))));
                client.post(routing.uri("/v1/chat/completions"), body, Map.of("x-session-id", "session-" + session));
            }
        }
        await().until(() -> hour(routing, pool).path("requests").asLong() == SESSIONS * TURNS
                && hour(routing, pool).at("/ladder/promptTokens").asLong() > 0);
        JsonNode curve = hour(routing, pool).path("curve");
        assertThat(curve.at("/0/times").asDouble()).isEqualTo(0.125);
        assertThat(curve.path(curve.size() - 1).path("times").asDouble()).isEqualTo(8);
        JsonNode ladder = hour(routing, pool).path("ladder");
        assertSumsUp(ladder);
        return ladder;
    }

    private static void assertSumsUp(JsonNode ladder) {
        long sum = ladder.path("deliveredTokens").asLong();
        for (JsonNode step : ladder.path("steps")) {
            sum += step.path("tokens").asLong();
        }
        assertThat(sum).isEqualTo(ladder.path("promptTokens").asLong());
    }

    private JsonNode hour(RunningGateway routing, String pool) {
        return cacheOf(routing, pool).path("hour");
    }

    private JsonNode cacheOf(RunningGateway routing, String pool) {
        return ChatClient.JSON.readTree(
                client.get(routing.management("/actuator/cache/" + pool)).body());
    }
}
