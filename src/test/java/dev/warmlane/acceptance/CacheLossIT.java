package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Why hits are lost is found from the traffic, for causes that are known here. */
class CacheLossIT {
    private static final int SESSIONS = 12;
    private static final int TURNS = 7;

    private final ChatClient client = new ChatClient();

    /** What stands in front of a session's prompt. */
    private interface Beginning {
        String of(int session, int turn);
    }

    @Test
    void wellServedSessionsHaveLittleToWin() {
        JsonNode ladder = after(ServerOptions.DEFAULTS.cache(), CacheLossIT::instructions);

        assertThat(ladder.path("main").isNull()).as(ladder.toPrettyString()).isTrue();
        assertThat(ladder.path("hitRatio").asDouble()).isGreaterThan(0.7);
    }

    @Test
    void engineWithoutPrefixCachingDoesNotDeliver() {
        JsonNode main = main(after(new CacheConfig(16, 27_652, false), CacheLossIT::instructions));

        assertThat(main.path("cause").asString()).isEqualTo("delivery");
        assertThat(main.path("remedy").asString()).contains("--enable-prefix-caching");
    }

    @Test
    void tinyCacheIsTooSmall() {
        JsonNode main = main(after(new CacheConfig(16, 600, true), CacheLossIT::instructions));

        assertThat(main.path("cause").asString()).isEqualTo("capacity");
    }

    @Test
    void lineThatChangesInFrontOfEachPromptIsNamedByItsBlock() {
        JsonNode main = main(after(
                ServerOptions.DEFAULTS.cache(),
                (session, turn) -> ChatClient.text(150, "rules") + " It is " + session + ":" + turn + ". "
                        + instructions(session, turn)));

        assertThat(main.path("cause").asString()).isEqualTo("compulsory");
        assertThat(main.path("remedy").asString()).contains("differ from their session's last in block 3.");
    }

    @Test
    void policyThatDrawsLotsSpreadsWhatBelongsTogether() {
        JsonNode main = main(after(
                ServerOptions.DEFAULTS.cache(),
                CacheLossIT::instructions,
                "warmlane.routing.policy=random",
                "warmlane.cache.watch=all"));

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

    /** The ladder after all sessions have had their turns at four servers. */
    private JsonNode after(CacheConfig cache, Beginning beginning, String... settings) {
        FleetOptions four = FleetOptions.instant(4);
        try (SimulatedFleet fleet =
                        SimulatedFleet.start(four.withServer(four.server().withCache(cache)));
                RunningGateway gateway =
                        RunningGateway.inFrontOf(fleet, settings).ready()) {
            await().until(() -> !cacheOf(gateway).path("capacityTokens").isNull());
            for (int turn = 0; turn < TURNS; turn++) {
                for (int session = 0; session < SESSIONS; session++) {
                    StringBuilder prompt = new StringBuilder(beginning.of(session, turn));
                    for (int said = 0; said <= turn; said++) {
                        prompt.append(ChatClient.text(300, "turn-" + said));
                    }
                    String body = ChatClient.body(List.of(Map.of("role", "user", "content", prompt.toString())), false);
                    client.post(
                            gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", "session-" + session));
                }
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hour(gateway).path("requests").asLong() == SESSIONS * TURNS
                            && hour(gateway).at("/ladder/promptTokens").asLong() > 0);
            JsonNode curve = hour(gateway).path("curve");
            assertThat(curve.at("/0/times").asDouble()).isEqualTo(0.125);
            assertThat(curve.path(curve.size() - 1).path("times").asDouble()).isEqualTo(8);
            JsonNode ladder = hour(gateway).path("ladder");
            assertSumsUp(ladder);
            return ladder;
        }
    }

    private static void assertSumsUp(JsonNode ladder) {
        long sum = ladder.path("deliveredTokens").asLong();
        for (JsonNode step : ladder.path("steps")) {
            sum += step.path("tokens").asLong();
        }
        assertThat(sum).isEqualTo(ladder.path("promptTokens").asLong());
    }

    private JsonNode hour(RunningGateway gateway) {
        return cacheOf(gateway).path("hour");
    }

    private JsonNode cacheOf(RunningGateway gateway) {
        return ChatClient.JSON.readTree(
                client.get(gateway.management("/actuator/cache/default")).body());
    }
}
