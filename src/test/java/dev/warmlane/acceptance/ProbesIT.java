package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.availability.ReadinessState;

/** Where vLLM tells load balancers that it is up, the gateway answers for itself. BadInputIT has it switched off. */
class ProbesIT {
    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        engine = HandDrivenEngine.start();
        List<String> settings = new ArrayList<>(List.of(HashedKeys.settings(folder, HashedKeys.entry("a", "key", ""))));
        settings.add("warmlane.endpoints=" + engine.uri());
        gateway = RunningGateway.start(settings.toArray(new String[0])).ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"/health,''", "/ping,''", "/version,'{\"version\":\"warmlane\"}'", "/load,'{\"server_load\":0}'"})
    void tellsThatItIsUpAndNothingElse(String path, String body) {
        WireMessage response = ask("GET", path);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo(body);
        assertThat(response.header("x-request-id")).isNotEmpty();
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/ping", "/version", "/load"})
    void hasTheHeadWhereItHasThePage(String path) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("HEAD " + path + " HTTP/1.1\r\nHost: g\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(200);
            // No byte of a body stands before the next response.
            client.send("GET /health HTTP/1.1\r\nHost: g\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "POST,/health,'GET, HEAD'",
        "DELETE,/load,'GET, HEAD'",
        "OPTIONS,/version,'GET, HEAD'",
        "PUT,/ping,'GET, HEAD, POST'"
    })
    void namesTheMethodsThatThereAre(String method, String path, String allowed) {
        WireMessage response = ask(method, path);
        assertThat(response.status()).isEqualTo(405);
        assertThat(response.header("allow")).isEqualTo(allowed);
    }

    @Test
    void takesThePingsThatArePosted() {
        assertThat(ask("POST", "/ping").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health/", "/%68ealth", "//health", "/Health", "/health/liveness", "/v1/health"})
    void answersUnderNoOtherName(String path) {
        assertThat(ask("GET", path).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/ping", "/version", "/load"})
    void sendsLoadBalancersElsewhereWhileItIsNotReady(String path) {
        gateway.readiness(ReadinessState.REFUSING_TRAFFIC);
        try {
            WireMessage response = ask("GET", path);
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.body()).isEmpty();
        } finally {
            gateway.readiness(ReadinessState.ACCEPTING_TRAFFIC);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/ping", "/version", "/load"})
    void hasNothingOfItOnTheManagementPort(String path) {
        assertThat(Wire.exchange(gateway.management(path).getPort(), "GET " + path + " HTTP/1.1\r\nHost: g\r\n\r\n")
                        .status())
                .isEqualTo(404);
    }

    private static WireMessage ask(String method, String path) {
        return Wire.exchange(gateway.port(), method + " " + path + " HTTP/1.1\r\nHost: g\r\n\r\n");
    }
}
