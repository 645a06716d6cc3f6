package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An engine closes an idle connection just when a request goes out on it: nothing is wrong with the engine. */
class StaleConnectionIT {
    private static final String POST =
            "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\nContent-Length: 2\r\n\r\n{}";
    private static final String KEPT_ALIVE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

    /** Where the session is at home, once {@link #firstIsAnswered} has seen which of the two that is. */
    private HandDrivenEngine engine = HandDrivenEngine.start();

    private HandDrivenEngine other = HandDrivenEngine.start();
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        gateway = RunningGateway.start(
                "warmlane.endpoints=" + engine.uri() + "," + other.uri(),
                // The longest that the news of a closed connection may take: plenty on a busy machine.
                "warmlane.upstream.connect-timeout=30s",
                "warmlane.upstream.keep-alive=60s",
                "warmlane.outlier.consecutive-failures=1");
    }

    @AfterEach
    void stop() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        gateway.close();
        engine.close();
        other.close();
    }

    @Test
    void theRequestGoesToTheSameEngineOnANewConnection() {
        try (Wire client = Wire.to(gateway.port());
                Exchange first = firstIsAnswered(client)) {
            client.send(POST);
            first.wire().readMessage();
            first.close();
            try (Exchange again = engine.next()) {
                again.answer("200 OK", "again");
            }
            WireMessage answer = client.readMessage();
            assertThat(answer.text()).isEqualTo("again");
            assertThat(answer.header("x-warmlane-endpoint"))
                    .isEqualTo(engine.uri().getAuthority());
            assertThat(answer.header("x-warmlane-affinity")).isEqualTo("session;bound");
        }
        assertThat(ejected()).isZero();
    }

    @Test
    void whatFailsOnTheNewConnectionTooGoesToAnother() {
        try (Wire client = Wire.to(gateway.port());
                Exchange first = firstIsAnswered(client)) {
            client.send(POST);
            first.wire().readMessage();
            first.close();
            engine.next().close();
            try (Exchange elsewhere = other.next()) {
                elsewhere.answer("200 OK", "other");
            }
            assertThat(client.readMessage().text()).isEqualTo("other");
        }
        assertThat(ejected()).isOne();
    }

    @Test
    void anAnswerThatBreaksOffIsNoClosedConnection() {
        try (Wire client = Wire.to(gateway.port());
                Exchange first = firstIsAnswered(client)) {
            client.send(POST);
            first.wire().readMessage();
            first.wire().send(KEPT_ALIVE + "fir");
            first.close();
            try (Exchange elsewhere = other.next()) {
                elsewhere.answer("200 OK", "other");
            }
            assertThat(client.readMessage().text()).isEqualTo("other");
        }
        assertThat(ejected()).isOne();
    }

    /** Binds the session to the engine, which keeps the connection open. */
    private Exchange firstIsAnswered(Wire client) {
        client.send(POST);
        await().until(() -> engine.requests() + other.requests() == 1);
        if (other.requests() == 1) {
            HandDrivenEngine home = other;
            other = engine;
            engine = home;
        }
        Exchange first = engine.next();
        first.wire().send(KEPT_ALIVE + "first");
        assertThat(client.readMessage().text()).isEqualTo("first");
        return first;
    }

    private long ejected() {
        return gateway.router().pool().snapshot().endpoints().stream()
                .filter(endpoint -> !endpoint.state().acceptsNew())
                .count();
    }
}
