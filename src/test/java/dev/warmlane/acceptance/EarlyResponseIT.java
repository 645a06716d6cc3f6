package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An engine, or a proxy in front of one, that says what it has to say before it has read the request. */
class EarlyResponseIT {
    /** More than sockets hold, so that the gateway still writes when the response comes. */
    private static final String LARGE = "{\"model\":\"m\",\"prompt\":\"" + "a".repeat(16_000_000) + "\"}";

    /** The connection breaks in the moment in which the response comes: which of them is noticed first is chance. */
    private static final int TIMES = 20;

    private HandDrivenEngine engine;
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(engine);
        engine.leaveBodies();
    }

    @AfterEach
    void stop() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        gateway.close();
        engine.close();
    }

    @Test
    void reachesTheClientThoughTheEngineReadsNoFurther() {
        for (int i = 0; i < TIMES; i++) {
            WireMessage seen = large(exchange -> exchange.answer("413 Content Too Large", "{\"said\":\"too much\"}"));
            assertThat(seen.status()).as(seen.text()).isEqualTo(413);
            assertThat(seen.text()).contains("too much");
        }
    }

    @Test
    void isAFailureOfTheEngineWhereThereIsNone() {
        WireMessage seen = large(exchange -> exchange.wire().reset());
        assertThat(seen.status()).isEqualTo(502);
        assertThat(seen.text()).contains("upstream_failed");
    }

    private WireMessage large(Consumer<Exchange> end) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: " + LARGE.length() + "\r\n\r\n");
            client.send(LARGE);
            end.accept(engine.next());
            return client.readMessage();
        }
    }
}
