package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two pools behind one port, told apart by the model that a request names; one of them asks for a key of its own. */
class PoolsIT {
    private static final Map<String, String> SESSION =
            Map.of("x-session-id", "s", "Authorization", "Bearer the client's");

    private static SimulatedServer small;
    private static SimulatedServer large;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        ServerOptions instant = ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT);
        small = SimulatedServer.start(instant.withModels(new Models("small", List.of("small-lora"), 4096)));
        large = SimulatedServer.start(
                instant.withModels(new Models("large", List.of(), 4096)).withApiKey("the pool's"));
        gateway = RunningGateway.start(
                "warmlane.pools[0].name=small",
                "warmlane.pools[0].endpoints=" + small.uri(),
                "warmlane.pools[1].name=large",
                "warmlane.pools[1].endpoints=" + large.uri(),
                "warmlane.pools[1].api-key=the pool's",
                "warmlane.response-headers=false");
        ChatClient client = new ChatClient();
        await().untilAsserted(
                        () -> assertThat(modelsOf(client)).containsExactlyInAnyOrder("small", "small-lora", "large"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        small.close();
        large.close();
    }

    @Test
    void theListOfModelsIsThatOfAllPools() {
        HttpResponse<String> response = client.get(gateway.uri("/v1/models"));
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        assertThat(ChatClient.json(response).at("/object").asString()).isEqualTo("list");
        assertThat(modelsOf(client)).containsExactlyInAnyOrder("small", "small-lora", "large");
    }

    @Test
    void theModelDecidesThePool() {
        long smallBefore = small.stats().requests();
        long largeBefore = large.stats().requests();

        assertThat(chat("{\"model\":\"small\",\"messages\":[]}").statusCode()).isEqualTo(200);
        assertThat(chat("{\"messages\":[],\"model\":\"small-lora\"}").statusCode())
                .isEqualTo(200);
        assertThat(chat("{\"model\":\"large\",\"messages\":[]}").statusCode()).isEqualTo(200);

        assertThat(small.stats().requests() - smallBefore).isEqualTo(2);
        assertThat(large.stats().requests() - largeBefore).isEqualTo(1);
    }

    @Test
    void responsesNameNeitherEndpointNorAffinityWhereThatIsSwitchedOff() {
        HttpResponse<String> response = chat("{\"model\":\"small\",\"messages\":[]}");
        assertThat(response.headers().map().keySet()).noneMatch(name -> name.startsWith("x-warmlane-"));
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
    }

    @Test
    void aModelOfNoPoolIsUnknownAndTheKnownOnesAreNamed() {
        HttpResponse<String> response = chat("{\"model\":\"medium\",\"messages\":[]}");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(error(response, "code")).isEqualTo("model_not_found");
        assertThat(error(response, "message")).contains("`medium`", "large, small, small-lora");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"messages\":[]}", "{\"model\":null}", ""})
    void aRequestMustNameItsModel(String body) {
        HttpResponse<String> response = chat(body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response, "code")).isEqualTo("model_required");
        assertThat(error(response, "param")).isEqualTo("model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"not json", "{\"messages\":", "[]"})
    void aBodyThatIsNotJsonIsRefused(String body) {
        HttpResponse<String> response = chat(body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response, "code")).isEqualTo("invalid_json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\":7}", "{\"model\":[\"small\"]}", "{\"model\":{}}"})
    void aModelThatIsNoTextIsNone(String body) {
        HttpResponse<String> response = chat(body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response, "param")).isEqualTo("model");
    }

    @Test
    void aModelWithANameOfMegabytesIsRefusedInTheFormatOfTheApi() {
        String body = "{\"model\":\"" + "a".repeat(10_000_000) + "\",\"messages\":[]}";
        HttpResponse<String> response = chat(body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response, "code")).isEqualTo("model_too_long");
        HttpResponse<String> messages = client.post(gateway.uri("/v1/messages"), body, SESSION);
        assertThat(messages.statusCode()).isEqualTo(400);
        assertThat(ChatClient.json(messages).at("/error/type").asString()).isEqualTo("invalid_request_error");
    }

    @Test
    void ofTwoModelsInABodyTheLastCountsAsForTheEngine() {
        long before = large.stats().requests();
        assertThat(chat("{\"model\":\"small\",\"messages\":[],\"model\":\"large\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(large.stats().requests() - before).isEqualTo(1);
    }

    private HttpResponse<String> chat(String body) {
        return client.post(gateway.uri("/v1/chat/completions"), body, SESSION);
    }

    private static String error(HttpResponse<String> response, String field) {
        return ChatClient.json(response).at("/error/" + field).asString();
    }

    private static List<String> modelsOf(ChatClient client) {
        List<String> ids = new ArrayList<>();
        client.getJson(gateway.uri("/v1/models"))
                .get("data")
                .forEach(card -> ids.add(card.get("id").asString()));
        return ids;
    }
}
