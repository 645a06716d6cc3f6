package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.WebSocketWire;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What either side sends by WebSockets takes no more memory than it may, whether or not it comes to its end and whoever reads it. */
class WebSocketMemoryIT {
    private static final int FRAME_BYTES = 1_000_000;
    private static final int PART_BYTES = 700_000;
    private static final long MOST_AHEAD = 4L * FRAME_BYTES;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static HandDrivenEngine engine;
    private static SharedGateways gateways;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateways = new SharedGateways(settings -> RunningGateway.inFrontOf(engine, settings));
    }

    @AfterAll
    static void stop() {
        gateways.close();
        engine.close();
    }

    @Test
    void partsOfFramesCountAmongTheBodies() {
        RunningGateway gateway = withLittleMemory();
        try (Wire first = Wire.to(gateway.port());
                Wire second = Wire.to(gateway.port())) {
            accept(first);
            accept(second);
            first.send(frame(PART_BYTES, true));
            awaitBuffered(gateway, PART_BYTES);
            second.sendUnlessClosed(frame(PART_BYTES, true));
            assertThat(new WebSocketWire(second, true).read().code()).isEqualTo(1013);
            second.awaitClosed();
            awaitBuffered(gateway, PART_BYTES);

            first.send(new byte[FRAME_BYTES - PART_BYTES]);
            awaitBuffered(gateway, 0);
            first.send(frame(PART_BYTES, true));
            awaitBuffered(gateway, PART_BYTES);
            first.close();
            awaitBuffered(gateway, 0);
        }
    }

    @Test
    void partsOfFramesOfEnginesDoAsWell() {
        RunningGateway gateway = withLittleMemory();
        try (Wire first = Wire.to(gateway.port());
                Wire second = Wire.to(gateway.port());
                Exchange toFirst = accept(first);
                Exchange toSecond = accept(second)) {
            toFirst.wire().send(frame(PART_BYTES, false));
            awaitBuffered(gateway, PART_BYTES);
            toSecond.wire().sendUnlessClosed(frame(PART_BYTES, false));
            assertThat(new WebSocketWire(second, true).read().code()).isEqualTo(1013);
            second.awaitClosed();
            assertThat(new WebSocketWire(toSecond.wire(), false).read().code()).isEqualTo(1001);
            awaitBuffered(gateway, PART_BYTES);

            toFirst.wire().send(new byte[FRAME_BYTES - PART_BYTES]);
            assertThat(first.readBytes(10 + FRAME_BYTES)).hasSize(10 + FRAME_BYTES);
            awaitBuffered(gateway, 0);
            toFirst.wire().send(frame(PART_BYTES, false));
            awaitBuffered(gateway, PART_BYTES);
            first.close();
            awaitBuffered(gateway, 0);
        }
    }

    @Test
    void whatAnEngineSaysWhereItRefusesIsPassedOnAndCountsUntilThen() {
        RunningGateway gateway = withLittleMemory();
        try (Wire client = Wire.to(gateway.port())) {
            client.send(WebSocketWire.request("/v1/realtime", ""));
            try (Exchange exchange = engine.next()) {
                String head = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n";
                exchange.wire().send(head.formatted(PART_BYTES + 1) + "x".repeat(PART_BYTES));
                awaitBuffered(gateway, PART_BYTES);
                exchange.wire().send("y");
                WireMessage refusal = client.readMessage();
                assertThat(refusal.status()).isEqualTo(403);
                assertThat(refusal.header("content-type")).isEqualTo("text/html");
                assertThat(refusal.text()).isEqualTo("x".repeat(PART_BYTES) + "y");
                awaitBuffered(gateway, 0);
            }
        }
    }

    @Test
    void aRefusalWithoutAnEndIsNone() {
        RunningGateway gateway = withLittleMemory();
        try (Wire client = Wire.to(gateway.port())) {
            client.send(WebSocketWire.request("/v1/realtime", ""));
            try (Exchange exchange = engine.next()) {
                exchange.wire().send("HTTP/1.1 403 Forbidden\r\n\r\n");
                exchange.wire().sendUnlessClosed(new byte[2 * FRAME_BYTES]);
                assertThat(client.readMessage().status()).isEqualTo(502);
                awaitBuffered(gateway, 0);
            }
        }
    }

    /** No part of a frame is as much as one, so what is counted is whole. */
    @Test
    void framesThatAnEngineDoesNotReadCountAmongTheBodies() {
        RunningGateway gateway = gateway();
        try (Wire client = Wire.to(gateway.port());
                Exchange unread = accept(client)) {
            CompletableFuture<Long> sending = CompletableFuture.supplyAsync(() -> sendForever(client, true, gateway));
            await().untilAsserted(() -> assertThat(buffered(gateway)).isGreaterThanOrEqualTo(FRAME_BYTES));
            client.reset();
            awaitBuffered(gateway, 0);
            assertThat(sending).succeedsWithin(PATIENCE);
            unread.wire().awaitClosed();
        }
    }

    @Test
    void framesThatAClientDoesNotReadDoAsWell() {
        RunningGateway gateway = gateway();
        try (Wire client = Wire.to(gateway.port());
                Exchange exchange = accept(client)) {
            CompletableFuture<Long> sending =
                    CompletableFuture.supplyAsync(() -> sendForever(exchange.wire(), false, gateway));
            await().untilAsserted(() -> assertThat(buffered(gateway)).isGreaterThanOrEqualTo(FRAME_BYTES));
            client.reset();
            awaitBuffered(gateway, 0);
            assertThat(sending).succeedsWithin(PATIENCE);
        }
    }

    /** What one side does not read stays with the other, whose sending then stands still until the gateway ends it. */
    @Test
    void aClientGetsNotFarAheadOfItsEngine() {
        RunningGateway gateway = gateway();
        try (Wire client = Wire.to(gateway.port());
                Exchange unread = accept(client)) {
            assertThat(sendForever(client, true, gateway)).isLessThanOrEqualTo(MOST_AHEAD);
            unread.wire().awaitClosed();
        }
        awaitBuffered(gateway, 0);
    }

    @Test
    void anEngineGetsNotFarAheadOfItsClient() {
        RunningGateway gateway = gateway();
        try (Wire client = Wire.to(gateway.port());
                Exchange exchange = accept(client)) {
            assertThat(sendForever(exchange.wire(), false, gateway)).isLessThanOrEqualTo(MOST_AHEAD);
        }
        awaitBuffered(gateway, 0);
    }

    /** Sends frames until the other end has had enough, and tells the most that the gateway had of them meanwhile. */
    private static long sendForever(Wire wire, boolean masked, RunningGateway gateway) {
        AtomicLong most = new AtomicLong();
        try {
            while (true) {
                wire.send(frame(FRAME_BYTES, masked));
                most.accumulateAndGet((long) buffered(gateway), Math::max);
            }
        } catch (UncheckedIOException closed) {
            return most.get();
        }
    }

    private static RunningGateway withLittleMemory() {
        return gateways.with("warmlane.limits.body=1MB", "warmlane.limits.buffered-bodies=1MB");
    }

    private static RunningGateway gateway() {
        return gateways.with(
                "warmlane.upstream.idle-timeout=3s",
                "warmlane.limits.idle-timeout=3s",
                "warmlane.limits.websocket-farewell=1s");
    }

    private static Exchange accept(Wire client) {
        client.send(WebSocketWire.request("/v1/realtime", ""));
        Exchange exchange = engine.next();
        WebSocketWire.accept(exchange, "");
        assertThat(client.readHead().status()).isEqualTo(101);
        return exchange;
    }

    /** The head of a frame, whose mask is of zeros if it has one, and some of its bytes. */
    private static byte[] frame(int bytes, boolean masked) {
        byte[] head = ByteBuffer.allocate(masked ? 14 : 10)
                .put((byte) 0x82)
                .put((byte) (masked ? 0xff : 0x7f))
                .putLong(FRAME_BYTES)
                .array();
        return ByteBuffer.allocate(head.length + bytes).put(head).array();
    }

    private static void awaitBuffered(RunningGateway gateway, int bytes) {
        await().untilAsserted(() -> assertThat(buffered(gateway)).isEqualTo(bytes));
    }

    private static double buffered(RunningGateway gateway) {
        return gateway.bean(MeterRegistry.class)
                .get("warmlane.buffered.body.bytes")
                .gauge()
                .value();
    }
}
