package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each port offers when somebody asks for every endpoint with all access. */
class ManagementPortIT {
    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = RunningGateway.inFrontOf(
                fleet,
                "management.endpoints.web.exposure.include=*",
                "management.endpoints.access.default=unrestricted",
                "management.endpoint.shutdown.access=unrestricted",
                "management.endpoint.heapdump.access=unrestricted",
                "management.endpoint.gateway.access=unrestricted",
                "management.endpoint.env.show-values=always",
                "management.endpoints.web.discovery.enabled=true");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fleet.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "env",
                "env/warmlane.pools",
                "heapdump",
                "threaddump",
                "shutdown",
                "loggers",
                "loggers/ROOT",
                "configprops",
                "beans",
                "conditions",
                "mappings",
                "scheduledtasks",
                "sbom",
                "startup",
                "refresh",
                "restart",
                "httpexchanges",
                "logfile",
                "gateway",
                "gateway/routes",
                "gateway/routes/evil",
                "gateway/refresh",
                "gateway/globalfilters",
                "caches",
                "sessions",
                "features"
            })
    void whatTellsSecretsOrChangesTheGatewayIsOnNeitherPort(String path) {
        for (String method : new String[] {"GET", "POST", "DELETE"}) {
            assertThat(status(method, gateway.management("/actuator/" + path).toString()))
                    .as(method + " on the management port")
                    .isEqualTo(404);
            assertThat(status(method, gateway.uri("/actuator/" + path).toString()))
                    .as(method + " on the public port")
                    .isEqualTo(404);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/health",
                "/health/liveness",
                "/health/readiness",
                "/info",
                "/prometheus",
                "/vllm",
                "/affinity",
                "/decisions"
            })
    void whatOperatorsNeedIsOnTheManagementPortAlone(String path) {
        assertThat(status("GET", gateway.management("/actuator" + path).toString()))
                .isEqualTo(200);
        assertThat(status("GET", gateway.uri("/actuator" + path).toString())).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/actuator/cache/no-such",
                "/actuator/decisions?pool=no-such",
                "/dashboard/events?pool=no-such",
                "/dashboard/history?pool=no-such",
                "/dashboard/endpoint?pool=no-such&endpoint=x"
            })
    void whoAsksForAPoolThatThereIsNotIsToldWhichThereAre(String path) {
        HttpResponse<String> response = client.get(gateway.management(path));

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).contains("pool: no-such (expected: one of default)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/actuator/vllm/no-such",
                "/dashboard/history?pool=default&endpoint=no-such",
                "/dashboard/endpoint?pool=default&endpoint=no-such"
            })
    void anEndpointThatThereIsNotIsNamed(String path) {
        HttpResponse<String> response = client.get(gateway.management(path));

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).contains("endpoint: no-such (expected: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/chat/completions"})
    void whatClientsNeedIsNotOnTheManagementPort(String path) {
        assertThat(status("GET", gateway.management(path).toString())).isEqualTo(404);
        assertThat(status("POST", gateway.management(path).toString())).isEqualTo(404);
    }

    /** As on the public port: one error or none, and nothing is served after it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /actuator/vllm HTTP/1.1\r\n\r\n",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g\r\nHost: g\r\n\r\n",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g/h\r\n\r\n",
                "GET /actuator/vllm HTTP/3.7\r\nHost: g\r\n\r\n",
                "GET /actuator/vllm HTTP/1.2\r\nHost: g\r\n\r\n",
                "GET  /actuator/vllm HTTP/1.1\r\nHost: g\r\n\r\n",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g\r\nContent-Length: 002\r\n\r\nab",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "GET /actuator/vllm HTTP/1.1\r\nHost: g\r\n folded: b\r\n\r\n",
                "SMUGGLE /actuator/vllm HTTP/1.1\r\nHost: g\r\n\r\n",
            })
    void malformedRequestsAreRefused(String request) {
        assertThat(statuses(request)).singleElement().asString().startsWith("4");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"zz\r\nab\r\n0\r\n\r\n", "2;a=\"b\r\nab\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n", "-1\r\n\r\n"})
    void aBrokenChunkHasOneResponseAtMost(String body) {
        for (String line : new String[] {"GET /actuator/vllm", "POST /actuator/decisions"}) {
            String head = line + " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n";
            assertThat(statuses(head + body)).as(line).hasSizeLessThanOrEqualTo(1);
        }
    }

    /** Of a request with another behind it, on a connection that the gateway closes. */
    private List<String> statuses(String request) {
        try (Wire wire = Wire.to(gateway.management("/").getPort())) {
            wire.sendUnlessClosed(request.getBytes(StandardCharsets.US_ASCII));
            wire.sendUnlessClosed("GET /actuator/info HTTP/1.1\r\nHost: g\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answers = new String(wire.readUntilClosed(), StandardCharsets.US_ASCII);
            return Pattern.compile("HTTP/1\\.1 (\\d{3}) ")
                    .matcher(answers)
                    .results()
                    .map(status -> status.group(1))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/actuator/vllm", "/actuator/info", "/actuator/prometheus", "/dashboard"})
    void whoHasSaidAllGetsTheResponseAndTheEnd(String path) {
        String request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        try (Wire wire = Wire.to(gateway.management("/").getPort())) {
            wire.send(request + request);
            wire.endOutput();
            assertThat(List.of(wire.readMessage().status(), wire.readMessage().status()))
                    .containsExactly(200, 200);
            wire.awaitClosed();
        }
    }

    @Test
    void whoLeavesInTheMiddleOfARequestGetsNothing() {
        try (Wire wire = Wire.to(gateway.management("/").getPort())) {
            wire.send("POST /actuator/decisions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{");
            wire.endOutput();
            assertThat(wire.readUntilClosed()).isEmpty();
        }
    }

    /** Of requests on connections that were used before, one of some hundred was never read. */
    @Test
    void aConnectionServesAsManyRequestsAsItsClientLikes() {
        URI status = gateway.management("/actuator/vllm");
        for (int i = 0; i < 2_000; i++) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(status)
                    .timeout(Duration.ofMinutes(1))
                    .build());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("connection")).isEmpty();
        }
    }

    private int status(String method, String uri) {
        return client.send(HttpRequest.newBuilder(URI.create(uri))
                        .header("Content-Type", "application/json")
                        .method(method, method.equals("POST") ? BodyPublishers.ofString("{}") : BodyPublishers.noBody())
                        .build())
                .statusCode();
    }
}
