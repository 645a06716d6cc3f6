package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Each of the two timeouts counts in its own part of a response, on fresh connections and on used ones. */
class UpstreamTimeoutIT {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(30);
    /** Longer than the short timeout, so that it would strike if it counted. */
    private static final Duration PAUSE = SHORT.plusMillis(500);

    private DisposableServer engine;
    private UpstreamClient client;

    @BeforeEach
    void startEngine() {
        engine = HttpServer.create()
                .host("127.0.0.1")
                .route(routes -> routes.get("/prompt", (request, response) -> response.sendString(Mono.just("whole")))
                        .get(
                                "/late",
                                (request, response) ->
                                        response.sendString(Mono.delay(PAUSE).thenReturn("late")))
                        .get("/mute", (request, response) -> Mono.never())
                        .get(
                                "/stalling",
                                (request, response) -> response.sse()
                                        .sendString(Flux.just("one").concatWith(Mono.never())))
                        .get(
                                "/pausing",
                                (request, response) -> response.sse()
                                        .sendString(Flux.just("one,")
                                                .concatWith(Mono.delay(PAUSE).thenReturn("two")))))
                .bindNow();
        // What an engine loads for its first response may take a busy machine as long as a timeout.
        client = client(LONG, LONG);
        get(client, "/prompt");
        client.close();
    }

    @AfterEach
    void stopEngine() {
        client.close();
        engine.disposeNow();
    }

    @Test
    void endsAStreamThatFallsSilent() {
        client = client(LONG, SHORT);

        Throwable failure = catchThrowable(() -> get(client, "/stalling"));

        assertThat(failure).isInstanceOf(ReadTimeoutException.class);
    }

    @Test
    void doesNotWaitForHeadersForever() {
        client = client(SHORT, LONG);

        Throwable failure = catchThrowable(() -> get(client, "/mute"));

        assertThat(failure).isInstanceOf(ReadTimeoutException.class);
        assertThat(UpstreamAttempt.error(failure).status()).isEqualTo(HttpStatus.GATEWAY_TIMEOUT);
    }

    @Test
    void letsAStreamPauseLongerThanItsHeadersMayTake() {
        client = client(SHORT, LONG);

        assertThat(get(client, "/pausing")).isEqualTo("one,two");
    }

    @Test
    void letsHeadersTakeLongerThanAStreamMayPause() {
        client = client(LONG, SHORT);

        assertThat(get(client, "/late")).isEqualTo("late");
    }

    @Test
    void countsAnewForTheNextRequestOnAConnection() {
        client = client(LONG, SHORT);

        List<String> answers = List.of(get(client, "/prompt"), get(client, "/late"), get(client, "/prompt"));

        assertThat(answers).containsExactly("whole", "late", "whole");
    }

    @Test
    void stillLimitsTheHeadersOfTheNextRequestOnAConnection() {
        client = client(SHORT, LONG);
        get(client, "/prompt");

        Throwable failure = catchThrowable(() -> get(client, "/mute"));

        assertThat(failure).isInstanceOf(ReadTimeoutException.class);
    }

    /** Neither a head comes of them nor a part of a body, or nobody gets any before the whole is there. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.",
                "HTTP/1.1 200 OK\r\nx: ",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n1;x=",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\nx: ",
                "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
            })
    void bytesThatDripAreSilence(String begun) {
        client = client(SHORT, SHORT);
        try (HandDrivenEngine dripping = HandDrivenEngine.start()) {
            CompletableFuture<String> response =
                    Requests.send(client, dripping.uri(), "/dripping").toFuture();

            dripping.next().drip(begun);

            assertThat(response).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(ReadTimeoutException.class);
        }
    }

    /** Netty would wait for ten seconds. */
    @Test
    void aHandshakeThatNobodyAnswersIsGivenUpAsConnectingIs() throws IOException {
        UpstreamSettings settings = new UpstreamSettings(SHORT, LONG, LONG, LONG, 1, LONG, "", LONG, LONG, List.of());
        client = new UpstreamClient(settings, HeaderLimits.DEFAULT);
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI secured = URI.create("https://127.0.0.1:" + silent.getLocalPort());

            assertThatThrownBy(() -> Requests.send(client, secured, "/").block(LONG))
                    .cause()
                    .isInstanceOf(SslHandshakeTimeoutException.class)
                    .hasMessageContaining("after 1000ms");
        }
    }

    /** With one connection, so that every request but the first meets a used one. */
    private UpstreamClient client(Duration responseTimeout, Duration idleTimeout) {
        UpstreamSettings settings =
                new UpstreamSettings(LONG, responseTimeout, idleTimeout, LONG, 1, LONG, "", LONG, LONG, List.of());
        return new UpstreamClient(settings, HeaderLimits.DEFAULT);
    }

    private String get(UpstreamClient client, String path) {
        return Requests.send(client, endpoint().uri(), path).block(LONG);
    }

    private Endpoint endpoint() {
        URI uri = URI.create("http://127.0.0.1:" + engine.port());
        return new Endpoint(new EndpointId("engine"), "engine", uri, EndpointState.READY);
    }
}
