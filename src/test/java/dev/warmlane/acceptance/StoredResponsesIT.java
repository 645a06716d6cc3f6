package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.StoringEngine;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Responses that engines store, asked for through whatever session: two pods in one pool, and a second pool. */
class StoredResponsesIT {
    private static final int RESPONSES = 20;
    private static final Pattern ID = Pattern.compile("\"id\":\"(resp_[^\"]+)\"");

    private static StoringEngine first;
    private static StoringEngine second;
    private static StoringEngine other;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        first = StoringEngine.start("first", "small");
        second = StoringEngine.start("second", "small");
        other = StoringEngine.start("other", "large");
        gateway = RunningGateway.start(
                "warmlane.pools[0].name=small",
                "warmlane.pools[0].endpoints=" + first.uri() + "," + second.uri(),
                "warmlane.pools[1].name=large",
                "warmlane.pools[1].endpoints=" + other.uri());
        ChatClient client = new ChatClient();
        await().untilAsserted(() ->
                assertThat(client.get(gateway.uri("/v1/models")).body()).contains("\"small\"", "\"large\""));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        first.close();
        second.close();
        other.close();
    }

    @Test
    void areFoundContinuedAndCancelledThroughAnySession() {
        Set<String> pods = new HashSet<>();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < RESPONSES; i++) {
            ids.add(create("small", "maker-" + i, i % 2 == 0));
            pods.add(ids.get(i).split("_")[1]);
        }
        assertThat(pods).containsExactlyInAnyOrder("first", "second");
        assertReachable("small", ids);
    }

    @Test
    void ofAnotherPoolAreFoundWithoutNamingAModel() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < RESPONSES; i++) {
            ids.add(create("large", "maker", i % 2 == 0));
        }
        assertReachable("large", ids);
    }

    @Test
    void leaveTheSessionThatAsksForThemWhereItIs() {
        String id = create("small", "one", false);
        String asking = "asking";
        for (int i = 0; pod(create("small", asking, false)).equals(pod(id)); i++) {
            asking = "asking-" + i;
        }
        HttpResponse<String> found = send("GET", "/v1/responses/" + id, asking, "");
        assertThat(found.headers().firstValue("x-warmlane-affinity"))
                .hasValueSatisfying(value -> assertThat(value).contains("spilled", "session"));
        assertThat(pod(create("small", asking, false))).isNotEqualTo(pod(id));
    }

    @Test
    void thatNobodyMadeAreNotFound() {
        HttpResponse<String> unknown = send("GET", "/v1/responses/resp_unknown", "s", "");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("response_not_found");
        HttpResponse<String> asked = send("GET", "/v1/responses/resp_unknown?model=large", "s", "");
        assertThat(asked.statusCode()).isEqualTo(404);
        assertThat(asked.body()).as("the pool of the model was asked").doesNotContain("response_not_found");
        assertThat(send("POST", "/v1/responses", "s", body("small", "resp_unknown", false))
                        .statusCode())
                .isEqualTo(404);
    }

    private void assertReachable(String model, List<String> ids) {
        for (int i = 0; i < ids.size(); i++) {
            String id = ids.get(i);
            assertThat(send("GET", "/v1/responses/" + id, "reader-" + i, "").statusCode())
                    .isEqualTo(200);
            HttpResponse<String> continued = send("POST", "/v1/responses", "writer-" + i, body(model, id, i % 2 == 0));
            assertThat(continued.statusCode()).isEqualTo(200);
            assertThat(pod(idIn(continued))).isEqualTo(pod(id));
            assertThat(send("POST", "/v1/responses/" + id + "/cancel", "canceller-" + i, "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(send("DELETE", "/v1/responses/" + id, "deleter-" + i, "").statusCode())
                    .isEqualTo(200);
        }
    }

    private String create(String model, String session, boolean stream) {
        return idIn(send("POST", "/v1/responses", session, body(model, null, stream)));
    }

    private static String body(String model, String previous, boolean stream) {
        String continues = previous == null ? "" : "\"previous_response_id\":\"%s\",".formatted(previous);
        return "{\"model\":\"%s\",%s\"stream\":%s,\"input\":\"hello\"}".formatted(model, continues, stream);
    }

    private static String pod(String id) {
        return id.split("_")[1];
    }

    private static String idIn(HttpResponse<String> response) {
        return ID.matcher(response.body()).results().findFirst().orElseThrow().group(1);
    }

    private HttpResponse<String> send(String method, String path, String session, String body) {
        return client.send(ChatClient.request(gateway.uri(path), Map.of("x-session-id", session))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build());
    }
}
