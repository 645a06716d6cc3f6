package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.WebSocketWire;
import dev.warmlane.harness.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients send by WebSockets takes no more memory than it may, whether or not it comes to its end and whoever reads it. */
class WebSocketMemoryIT {
    private static final int FRAME_BYTES = 1_000_000;
    private static final int PART_BYTES = 700_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HandDrivenEngine engine = HandDrivenEngine.start();

    @AfterEach
    void stop() {
        engine.close();
    }

    @Test
    void partsOfFramesCountAmongTheBodies() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(
                        engine, "warmlane.limits.body=1MB", "warmlane.limits.buffered-bodies=1MB");
                Wire first = accepted(gateway);
                Wire second = accepted(gateway)) {
            first.send(frame(PART_BYTES));
            await().untilAsserted(() -> assertThat(buffered(gateway)).isEqualTo(PART_BYTES));
            second.sendUnlessClosed(frame(PART_BYTES));
            assertThat(new WebSocketWire(second, true).read().code()).isEqualTo(1013);
            second.awaitClosed();
            assertThat(buffered(gateway)).isEqualTo(PART_BYTES);

            first.send(new byte[FRAME_BYTES - PART_BYTES]);
            await().untilAsserted(() -> assertThat(buffered(gateway)).isZero());
            first.send(frame(PART_BYTES));
            await().untilAsserted(() -> assertThat(buffered(gateway)).isEqualTo(PART_BYTES));
            first.close();
            await().untilAsserted(() -> assertThat(buffered(gateway)).isZero());
        }
    }

    /** No part of a frame is as much as one, so what is counted is whole. */
    @Test
    void framesThatAnEngineDoesNotReadCountAmongTheBodies() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(engine, "warmlane.limits.websocket-farewell=1s");
                Wire client = accepted(gateway)) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                while (true) {
                    client.send(frame(FRAME_BYTES));
                }
            });
            await().untilAsserted(() -> assertThat(buffered(gateway)).isGreaterThanOrEqualTo(FRAME_BYTES));
            client.reset();
            await().untilAsserted(() -> assertThat(buffered(gateway)).isZero());
            assertThat(sending).failsWithin(PATIENCE);
        }
    }

    /** What the engine does not read stays with the client, whose sending then stands still until the gateway ends it. */
    @Test
    void aClientGetsNotFarAheadOfItsEngine() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(
                        engine, "warmlane.upstream.idle-timeout=5s", "warmlane.limits.websocket-farewell=1s");
                Wire client = accepted(gateway)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 40; i++) {
                            client.send(frame(FRAME_BYTES));
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    private Wire accepted(RunningGateway gateway) {
        Wire wire = Wire.to(gateway.port());
        wire.send(WebSocketWire.request("/v1/realtime", ""));
        WebSocketWire.accept(engine.next(), "");
        assertThat(wire.readHead().status()).isEqualTo(101);
        return wire;
    }

    /** The head of a frame, whose mask is of zeros, and some of its bytes. */
    private static byte[] frame(int bytes) {
        byte[] head = ByteBuffer.allocate(14)
                .put((byte) 0x82)
                .put((byte) 0xff)
                .putLong(FRAME_BYTES)
                .array();
        return ByteBuffer.allocate(head.length + bytes).put(head).array();
    }

    private static double buffered(RunningGateway gateway) {
        return gateway.bean(MeterRegistry.class)
                .get("warmlane.buffered.body.bytes")
                .gauge()
                .value();
    }
}
