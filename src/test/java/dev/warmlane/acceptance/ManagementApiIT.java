package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real answers of the management port are as docs/openapi.yaml says, to the last field. One endpoint is ejected, one answers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManagementApiIT {
    private static final String JSON = "application/json";

    private final ApiDocument document = new ApiDocument();
    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeAll
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(2));
        gateway = RunningGateway.inFrontOf(fleet, "warmlane.scrape.interval=100ms");
        fleet.server(1).close();
        await().until(() -> {
            chat("a-session");
            return get("/actuator/vllm").contains("\"ejected\"");
        });
        await().until(() -> get("/dashboard/history?pool=default").contains("hitRatio"));
    }

    @AfterAll
    void stop() {
        gateway.close();
        fleet.close();
    }

    private void chat(String session) {
        client.post(gateway.uri("/v1/chat/completions"), body(), Map.of("x-session-id", session));
    }

    private static String body() {
        return ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), false);
    }

    @Test
    void sendsTextToScrapersThatWouldRatherHaveProtobuf() {
        HttpResponse<String> response = client.send(HttpRequest.newBuilder(gateway.management("/actuator/prometheus"))
                .header(
                        "Accept",
                        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
                                + "text/plain;version=0.0.4;q=0.3")
                .build());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain;version=0.0.4;charset=utf-8");
        assertThat(response.body()).contains("\nwarmlane_");
    }

    private String get(String path) {
        HttpResponse<String> response = client.get(gateway.management(path));
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }

    @ParameterizedTest
    @CsvSource({
        "/actuator/vllm, /actuator/vllm",
        "/actuator/affinity, /actuator/affinity",
        "/actuator/affinity/{source}/{key}, /actuator/affinity/session/a-session",
        "/actuator/decisions, /actuator/decisions?limit=3",
        "/actuator/cluster, /actuator/cluster",
        "/actuator/cache, /actuator/cache",
        "/actuator/cache/{pool}, /actuator/cache/default",
        "/dashboard/settings, /dashboard/settings",
        "/dashboard/history, /dashboard/history?pool=default&range=24h",
        "/dashboard/history, /dashboard/history?pool=default&range=1h&week=before",
        "/dashboard/history, /dashboard/history?pool=default&endpoints",
    })
    void answersAsDocumented(String documented, String asked) {
        assertThat(document.faults("get", documented, JSON, get(asked))).isEmpty();
    }

    @Test
    void tellsOfOneEndpointAsDocumented() {
        for (int i = 0; i < 2; i++) {
            String name = fleet.uris().get(i).getAuthority();
            assertThat(document.faults("get", "/actuator/vllm/{endpoint}", JSON, get("/actuator/vllm/" + name)))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"find", "release"})
    void asksForSessionsAsDocumented(String what) {
        chat("another-session");
        String path = "/dashboard/sessions/" + what;

        HttpResponse<String> response =
                client.post(gateway.management(path), "{\"source\":\"session\",\"key\":\"another-session\"}", Map.of());

        assertThat(document.faults("post", path, JSON, response.body())).isEmpty();
    }

    @Test
    void explainsAsDocumented() {
        HttpResponse<String> explained = client.post(gateway.management("/actuator/decisions"), body(), Map.of());

        assertThat(document.faults("post", "/actuator/decisions", JSON, explained.body()))
                .isEmpty();
    }

    @Test
    void streamsAsDocumented() {
        String event = client.firstEvent(gateway.management("/dashboard/live")).toString();

        assertThat(document.faults("get", "/dashboard/live", "text/event-stream", event))
                .isEmpty();
    }

    @Test
    void whatIsNotDocumentedIsNoticed() {
        String answer = get("/actuator/affinity").replaceFirst("\\{", "{\"more\":1,");

        assertThat(document.faults("get", "/actuator/affinity", JSON, answer))
                .containsExactly("$.more: not documented");
    }
}
