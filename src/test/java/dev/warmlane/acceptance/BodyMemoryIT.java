package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A request's body is kept for as long as it may be sent again, which is until its response begins. */
class BodyMemoryIT {
    private static final int STREAMS = 6;
    private static final int BODY_BYTES = 16 << 20;

    @Test
    void aLongAnswerDoesNotHoldItsPrompt() {
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start("warmlane.endpoints=" + engine.uri())) {
            List<Wire> open = new ArrayList<>();
            open.addAll(stream(gateway, engine));
            long before = usedBytes();

            for (int i = 0; i < STREAMS; i++) {
                open.addAll(stream(gateway, engine));
            }

            await().untilAsserted(() -> assertThat(usedBytes() - before)
                    .as("bytes kept of %d bodies", STREAMS)
                    .isLessThan(2L * BODY_BYTES));
            open.forEach(Wire::close);
        }
    }

    /** Both ends of a response that has begun. */
    private static List<Wire> stream(RunningGateway gateway, HandDrivenEngine engine) {
        Wire client = Wire.to(gateway.port());
        client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: text/plain\r\nContent-Length: "
                        + BODY_BYTES + "\r\n\r\n");
        client.send(new byte[BODY_BYTES]);
        Exchange exchange = engine.next();
        exchange.begin("200 OK\r\nContent-Type: text/event-stream");
        exchange.wire().sendChunk("data: {}\n\n");
        client.readHead();
        return List.of(client, exchange.wire());
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
