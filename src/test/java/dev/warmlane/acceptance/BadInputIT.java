package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that cannot be served: each gets its error in OpenAI's shape, and nothing of it reaches an engine. */
class BadInputIT {
    private static final int BODY_LIMIT = 64 * 1024;
    private static final int HEADER_LIMIT = 8 * 1024;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.start(
                "warmlane.endpoints=" + engine.uri(),
                "warmlane.probes=false",
                "warmlane.limits.body=" + BODY_LIMIT + "B",
                "warmlane.limits.headers=" + HEADER_LIMIT + "B",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
        await().untilAsserted(() -> assertThat(
                        exchange("GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n").text())
                .contains("\"m\""));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @AfterEach
    void nothingReachedTheEngine() {
        assertThat(engine.requests()).isZero();
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    @Test
    void http2IsOffUnlessSwitchedOn() {
        assertThat(Wire.statusOf(gateway.port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1",
                "/v1/nothing",
                "/v1/chat//completions",
                "//v1/chat/completions",
                "/V1/chat/completions",
                "/v1/chat/./completions",
                "/v1/x/../chat/completions",
                "/v1/chat/completions;a=b",
                "/v1/chat/completion%73",
                "/v1/chat%2Fcompletions",
                "/v1/responses/..",
                "/v1/responses/%2e%2e",
                "/v1/responses/..%2f..%2fpause",
                "/v1/responses/a%00b",
                "/v1/responses/a/b",
                "/pause",
                "/Pause",
                "/PAUSE",
                "/pause/",
                "//pause",
                "/./pause",
                "/v1/../pause",
                "/v1/chat/completions/../../../pause",
                "/%70ause",
                "/%2570ause",
                "/%2fpause",
                "/pause%2f",
                "/pause%20",
                "/pause;x=y",
                "/;/pause",
                "/\\pause",
                "/v1\\..\\pause",
                "/v1/responses/..\\..\\pause",
                "/pause?x=/v1/chat/completions",
                "/invocations",
                "/resume",
                "/abort_requests",
                "/scale_elastic_ep",
                "/sleep",
                "/wake_up",
                "/reset_prefix_cache",
                "/collective_rpc",
                "/start_profile",
                "/stop_profile",
                "/v1/load_lora_adapter",
                "/v1/unload_lora_adapter",
                "/update_weights",
                "/init_weight_transfer_engine",
                "/metrics",
                "/server_info",
                "/docs",
                "/openapi.json",
                "/health",
                "/version",
                "/load",
                "/actuator",
                "/actuator/health",
                "/actuator/vllm",
                "/actuator/prometheus",
                "/actuator/env",
                "/dashboard",
                "http://g/pause",
                "http://g//pause",
                "HTTP://g/%70ause",
                "http://G/v1/../pause",
                "/v1/responses/a/cancel/../../../pause",
                "/v1/responses//cancel",
                "/v1/responses/./cancel",
                "/v1/responses/a%2f..%2f..%2fpause",
                "/v1/responses/%252e%252e",
                "/v1/chat/completions%00",
                "/v1/chat/completions%23",
                "/v1/chat/completions%3f",
                "/v1/chat/completions.json",
                "/v1/chat/completions,/pause",
                "/v1/chat/completions|/pause",
                "/v1/chat/completions..;/pause",
                "/..;/pause",
                "/.;/pause",
                "/v1/..;/pause",
                "/%c0%ae%c0%ae/pause",
                "/%e0%80%ae/pause",
                "/%uff0e/pause",
                "/%5cpause",
                "/%09pause",
                "/~pause",
                "/-/pause",
                "/pause.",
                "/pause.."
            })
    void aPathThatIsOnNoRouteDoesNotExist(String target) {
        assertError(exchange(post(target, "x-session-id: s\r\n", "{}")), 404, "unknown_path");
        assertError(exchange("GET " + target + " HTTP/1.1\r\nHost: g\r\n\r\n"), 404, "unknown_path");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {";/pause", "\\pause", "/pause#/v1/chat/completions", "/v1/chat/completions?#a", "v1/models"})
    void aTargetThatIsNoneIsRefused(String target) {
        assertError(exchange(post(target, "x-session-id: s\r\n", "{}")), 400, "bad_request");
        assertError(exchange("GET " + target + " HTTP/1.1\r\nHost: g\r\n\r\n"), 400, "bad_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"elsewhere", "127.0.0.1:8000", "vllm", "[::1]", ""})
    void theHostMakesNoDifference(String host) {
        assertError(exchange("GET /pause HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), 404, "unknown_path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    void modelsAreOnlyToBeRead(String method) {
        for (String path : List.of("/v1/models", "/v1/models/m")) {
            assertThat(Wire.statusOf(
                            gateway.port(), method + " " + path + " HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n"))
                    .as(path)
                    .isEqualTo(405);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":",
                "not json",
                "[1,2]",
                "{\"model\":\"m\",\"messages\":[}",
                "\"a\"",
                "{} {}",
                "\u0000"
            })
    void aBodyThatMustBeReadAndIsNotJsonIsRefused(String body) {
        assertError(exchange(post("/v1/chat/completions", "", body)), 400, "invalid_json");
    }

    @Test
    void aModelThatNobodyServesIsUnknownAndTheKnownOnesAreNamed() {
        WireMessage response =
                exchange(post("/v1/chat/completions", "x-session-id: s\r\n", "{\"model\":\"gpt-9\",\"messages\":[]}"));
        assertError(response, 404, "model_not_found");
        assertThat(response.json().at("/error/message").asString()).contains("gpt-9", "Known models: m.");
        assertThat(response.json().at("/error/param").asString()).isEqualTo("model");
    }

    @Test
    void aBodyThatAnnouncesMoreThanTheLimitIsRefusedUnread() {
        assertError(
                exchange("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\nContent-Length: "
                        + (BODY_LIMIT + 1) + "\r\n\r\n"),
                413,
                "body_too_large");
    }

    @Test
    void aBodyThatWaitsForLeaveIsRefusedBeforeItIsSent() {
        assertError(
                exchange("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\nExpect: 100-continue\r\n"
                        + "Content-Length: " + (BODY_LIMIT + 1) + "\r\n\r\n"),
                413,
                "body_too_large");
    }

    @Test
    void aBodyThatIsSentInFullAndTooLargeIsRefused() {
        assertError(
                exchange(post("/v1/chat/completions", "x-session-id: s\r\n", " ".repeat(8 * BODY_LIMIT))),
                413,
                "body_too_large");
    }

    @Test
    void aChunkedBodyIsRefusedOnceItPassesTheLimit() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n");
            client.sendChunk(" ".repeat(BODY_LIMIT));
            client.sendChunk(" ");
            assertError(client.readMessage(), 413, "body_too_large");
        }
    }

    @Test
    void headersOverTheLimitAreRefused() {
        assertError(
                exchange("GET /v1/models HTTP/1.1\r\nHost: g\r\nx-long: " + "a".repeat(HEADER_LIMIT) + "\r\n\r\n"),
                431,
                "request_header_fields_too_large");
    }

    @Test
    void aRequestLineOverTheLimitIsRefused() {
        assertError(
                exchange("GET /v1/models?" + "a".repeat(16 * 1024) + " HTTP/1.1\r\nHost: g\r\n\r\n"),
                414,
                "uri_too_long");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nno colon\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            })
    void whatIsNotHttpIsRefused(String request) {
        assertError(exchange(request), 400, "bad_request");
    }

    @Test
    void aKeyedRequestWithoutAReadyEndpointIsToldWhenToComeAgain() {
        EndpointPool pool = gateway.router().pool();
        List<Endpoint> endpoints = pool.snapshot().endpoints();
        pool.replace(List.of());
        try {
            WireMessage response =
                    exchange(post("/v1/chat/completions", "x-session-id: s\r\n", "{\"model\":\"m\",\"messages\":[]}"));
            assertError(response, 503, "no_endpoint");
            assertThat(response.headerValues("retry-after")).containsExactly("1");
            assertThat(response.headerValues("retry-after-ms")).containsExactly("1000");
        } finally {
            pool.replace(endpoints);
        }
    }

    private static WireMessage exchange(String request) {
        return Wire.exchange(gateway.port(), request);
    }

    private static String post(String target, String headers, String body) {
        return "POST " + target + " HTTP/1.1\r\nHost: g\r\n" + headers
                + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void assertError(WireMessage response, int status, String code) {
        assertThat(response.status()).as(response.toString()).isEqualTo(status);
        assertThat(response.headerValues("content-type")).containsExactly("application/json");
        assertThat(response.headerValues("x-request-id")).hasSize(1);
        assertThat(response.json().propertyNames()).containsExactly("error");
        assertThat(response.json().get("error").propertyNames())
                .containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(response.json().at("/error/message").asString()).isNotBlank();
        assertThat(response.json().at("/error/code").asString()).isEqualTo(code);
        assertThat(response.json().at("/error/type").asString())
                .isEqualTo(status < 500 ? "invalid_request_error" : "server_error");
    }
}
