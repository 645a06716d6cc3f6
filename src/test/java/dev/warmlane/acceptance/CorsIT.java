package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.Chromium;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.LocalHttp;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Web pages of an allowed origin talk to the gateway, on the wire and in Chromium; others do not. */
@Tag("processes")
class CorsIT {
    private static final String FETCH = """
            async ([url, key]) => {
              try {
                const response = await fetch(url, {method: 'POST', body: '{}',
                    headers: {'content-type': 'application/json', authorization: 'Bearer ' + key}});
                return response.status + ' ' + response.headers.get('x-warmlane-affinity') + ' ' + await response.text();
              } catch (e) {
                return e.name;
              }
            }
            """;

    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;
    private static HttpServer site;
    private static String origin;

    @BeforeAll
    static void start() throws IOException {
        engine = HandDrivenEngine.start();
        site = LocalHttp.bind();
        site.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            byte[] page = "<title>chat</title>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        site.start();
        origin = "http://127.0.0.1:" + site.getAddress().getPort();
        List<String> settings = new ArrayList<>(List.of(HashedKeys.settings(folder, HashedKeys.entry("a", "key", ""))));
        settings.add("warmlane.endpoints=" + engine.uri());
        settings.add("warmlane.cors.allowed-origins=https://other.example," + origin);
        gateway = RunningGateway.start(settings.toArray(new String[0])).ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
        site.stop(0);
    }

    @Test
    void answersAPreflightWithoutAKey() {
        WireMessage response = preflight(origin);
        assertThat(response.status()).isEqualTo(204);
        assertThat(response.headerValues("access-control-allow-origin")).containsExactly(origin);
        assertThat(response.header("access-control-allow-methods")).isEqualTo("GET, HEAD, POST");
        assertThat(response.header("access-control-allow-headers")).isEqualTo("authorization,x-own");
        assertThat(response.header("access-control-max-age")).isEqualTo("600");
        assertThat(response.header("access-control-allow-credentials")).isNull();
        assertThat(response.headerValues("vary")).contains("Origin");
    }

    @Test
    void answersNoPreflightOfAnotherOrigin() {
        WireMessage response = preflight(origin + "0");
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.header("access-control-allow-origin")).isNull();
        assertThat(preflight("null").status()).isEqualTo(403);
    }

    @Test
    void speaksInTheEnginesPlaceAndOnce() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nOrigin: " + origin
                    + "\r\nAuthorization: Bearer key\r\nContent-Length: 2\r\n\r\n{}");
            try (Exchange upstream = engine.next()) {
                upstream.answer(
                        "200 OK\r\nAccess-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\n"
                                + "Vary: Accept-Encoding",
                        "{}");
            }
            WireMessage response = client.readMessage();
            assertThat(response.headerValues("access-control-allow-origin")).containsExactly(origin);
            assertThat(response.header("access-control-allow-credentials")).isNull();
            assertThat(response.header("access-control-expose-headers")).contains("x-warmlane-affinity");
            assertThat(response.headerValues("vary")).containsExactly("Accept-Encoding", "Origin");
        }
    }

    @Test
    void letsThePageReadErrorsAndProbesToo() {
        for (String path : List.of("/v1/models", "/nowhere", "/health")) {
            WireMessage response = Wire.exchange(
                    gateway.port(), "GET " + path + " HTTP/1.1\r\nHost: g\r\nOrigin: " + origin + "\r\n\r\n");
            assertThat(response.headerValues("access-control-allow-origin"))
                    .as(path)
                    .containsExactly(origin);
        }
    }

    @Test
    void saysNothingToOthersButThatItDependsOnTheOrigin() {
        for (String header : List.of("", "Origin: https://evil.example\r\n")) {
            WireMessage response =
                    Wire.exchange(gateway.port(), "GET /health HTTP/1.1\r\nHost: g\r\n" + header + "\r\n");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("access-control-allow-origin")).isNull();
            assertThat(response.headerValues("vary")).contains("Origin");
        }
    }

    @Test
    void aPageInABrowserReadsAResponseAndAnErrorAndAnotherPageDoesNot() {
        try (Chromium chromium = Chromium.start()) {
            CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> {
                try (Exchange upstream = engine.next()) {
                    upstream.answer("200 OK\r\nContent-Type: application/json", "{\"id\":1}");
                }
            });
            Page page = chromium.browser().newPage();
            String url = gateway.uri("/v1/chat/completions").toString();
            page.navigate(origin + "/");
            assertThat(page.evaluate(FETCH, List.of(url, "key")).toString())
                    .startsWith("200 ")
                    .contains("client-ip;", "{\"id\":1}");
            Awaited.result(answered);
            assertThat(page.evaluate(FETCH, List.of(url, "wrong")).toString())
                    .startsWith("401 ")
                    .contains("invalid_api_key");
            page.navigate(origin.replace("127.0.0.1", "localhost") + "/");
            assertThat(page.evaluate(FETCH, List.of(url, "key"))).isEqualTo("TypeError");
        }
    }

    private static WireMessage preflight(String from) {
        return Wire.exchange(
                gateway.port(),
                "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: g\r\nOrigin: " + from
                        + "\r\nAccess-Control-Request-Method: POST\r\n"
                        + "Access-Control-Request-Headers: authorization,x-own\r\n\r\n");
    }
}
