package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of the newest vLLM's paths clients reach, and that a slash too many or a wrong method is met as vLLM meets it. */
class PathsIT {
    private static final String FIXTURE = "/vllm/paths-0.33.0.txt";

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    record VllmPath(String caller, String method, String path) {
        /** With an id where it has a parameter. */
        String target() {
            return path.replaceAll("\\{\\w+}", "resp_1");
        }
    }

    static List<VllmPath> paths() {
        try (InputStream in = Objects.requireNonNull(PathsIT.class.getResourceAsStream(FIXTURE))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" +"))
                    .map(words -> new VllmPath(words[0], words[1], words[2]))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<VllmPath> pathsOf(String caller) {
        return paths().stream().filter(path -> path.caller().equals(caller)).toList();
    }

    static List<VllmPath> clientPaths() {
        return pathsOf("client");
    }

    static List<VllmPath> gatewayPaths() {
        return pathsOf("gateway");
    }

    static List<VllmPath> operatorPaths() {
        return pathsOf("operator");
    }

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(engine);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    private static String request(String method, String target) {
        return method + " " + target + " HTTP/1.1\r\nHost: g\r\n"
                + (method.equals("POST") ? "Content-Length: 13\r\n\r\n{\"model\":\"m\"}" : "\r\n");
    }

    private static WireMessage ask(String method, String target) {
        return Wire.exchange(gateway.port(), request(method, target));
    }

    @ParameterizedTest
    @MethodSource("clientPaths")
    void whatClientsCallReachesAnEngine(VllmPath path) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request(path.method(), path.target()));
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().startLine()).isEqualTo(path.method() + " " + path.target() + " HTTP/1.1");
                // As engines say of paths that an option would have to open.
                upstream.answer("403 Forbidden", "{\"error\":\"off\"}");
            }
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.text()).isEqualTo("{\"error\":\"off\"}");
        }
    }

    @ParameterizedTest
    @MethodSource("gatewayPaths")
    void whatProbesAndListsAskIsAnsweredByTheGateway(VllmPath path) {
        assertThat(ask(path.method(), path.target()).status()).isEqualTo(200);
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @MethodSource("operatorPaths")
    void whatOperatorsCallDoesNotExist(VllmPath path) {
        for (String target : List.of(path.target(), path.target() + "/")) {
            assertThat(ask(path.method(), target).status()).as(target).isEqualTo(404);
        }
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "POST,/v1/chat/completions/,/v1/chat/completions",
        "GET,/v1/completions/?a=%20b&z[]=+,/v1/completions?a=%20b&z[]=+",
        "POST,/v1/responses/resp_1/cancel/,/v1/responses/resp_1/cancel",
        "GET,http://g/v1/responses/resp_1/,/v1/responses/resp_1",
        "GET,/v1/models/,/v1/models",
        "POST,/v1/models/,/v1/models",
        "GET,/health/,/health",
    })
    void aSlashTooManyIsRedirected(String method, String target, String location) {
        WireMessage response = ask(method, target);
        assertThat(response.status()).isEqualTo(307);
        assertThat(response.header("location")).isEqualTo(location);
        assertThat(response.header("x-request-id")).isNotNull();
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions//",
                "//v1/completions/",
                "/v1/%63ompletions/",
                "/v1/responses/../pause/",
                "/nope/",
                "/"
            })
    void aSlashTooManyWhereNothingIsStaysUnknown(String target) {
        assertThat(ask("POST", target).status()).isEqualTo(404);
    }

    @Test
    void theHeadOfTheModelsIsThatOfThePage() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("HEAD /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
            WireMessage head = client.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("content-type")).startsWith("application/json");
            // No byte of a body stands before the next response.
            client.send("GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TRACE,/v1/models,'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'",
        "PROPFIND,/v1/completions,'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'",
        "POST,/v1/models,'GET, HEAD'",
        "OPTIONS,/v1/models,'GET, HEAD'",
        "DELETE,/v1/models?a=b,'GET, HEAD'"
    })
    void aMethodThatDoesNotFitIsToldWhichDo(String method, String target, String allowed) {
        WireMessage response = ask(method, target);
        assertThat(response.status()).isEqualTo(405);
        assertThat(response.header("allow")).isEqualTo(allowed);
        assertThat(response.text()).contains("method_not_allowed");
    }

    @Test
    void passesWhatTheEngineSaysOfAMethod() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request("GET", "/v1/chat/completions"));
            try (Exchange upstream = engine.next()) {
                upstream.answer("405 Method Not Allowed\r\nAllow: POST", "{\"detail\":\"Method Not Allowed\"}");
            }
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(405);
            assertThat(response.header("allow")).isEqualTo("POST");
        }
    }

    @Test
    void theAsteriskLearnsTheMethodsOfAll() {
        WireMessage response = ask("OPTIONS", "*");
        assertThat(response.status()).isEqualTo(204);
        assertThat(response.header("allow")).isEqualTo("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        assertThat(ask("OPTIONS", "/*").status()).isEqualTo(404);
        assertThat(ask("OPTIONS", "/%2A").status()).isEqualTo(404);
    }
}
