package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
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
    @ValueSource(strings = {"/v1/models", "/v1/chat/completions"})
    void whatClientsNeedIsNotOnTheManagementPort(String path) {
        assertThat(status("GET", gateway.management(path).toString())).isEqualTo(404);
        assertThat(status("POST", gateway.management(path).toString())).isEqualTo(404);
    }

    /** Of requests on connections that were used before, one of some hundred was never read. */
    @Test
    void aConnectionServesAsManyRequestsAsItsClientLikes() {
        URI status = gateway.management("/actuator/vllm");
        for (int i = 0; i < 2_000; i++) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(status)
                    .timeout(Duration.ofSeconds(20))
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
