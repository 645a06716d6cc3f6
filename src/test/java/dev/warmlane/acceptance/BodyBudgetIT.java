package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bodies take no more memory than they may, whoever sends how many of them, and give all of it back. */
class BodyBudgetIT {
    private static final int BODY_BYTES = 512 * 1024;
    private static final int BUDGET_BYTES = 4 * 1024 * 1024;
    private static final String POST = "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\n";

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.start(
                "warmlane.endpoints=" + engine.uri(),
                "warmlane.limits.body=1MB",
                "warmlane.limits.buffered-bodies=" + BUDGET_BYTES + "B",
                "warmlane.limits.body-timeout=5s",
                "warmlane.limits.request-decompression=true");
        await().untilAsserted(
                        () -> assertThat(Wire.exchange(gateway.port(), "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n")
                                        .text())
                                .contains("\"m\""));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @AfterEach
    void everythingIsGivenBack() {
        await().untilAsserted(() -> assertThat(buffered()).isZero());
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    @Test
    void moreUploadsThanFitAreRefusedAndThoseThatFitAreServed() {
        List<Wire> clients = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            Wire client = Wire.to(gateway.port());
            client.send(POST + "Content-Length: " + BODY_BYTES + "\r\n\r\n");
            client.sendUnlessClosed(new byte[BODY_BYTES]);
            clients.add(client);
        }
        // Each was either held or refused, and those that are held fit, before any response makes room.
        await().untilAsserted(() -> assertThat(engine.requests() + refusals()).isEqualTo(clients.size()));
        int fit = engine.requests();
        assertThat(fit).isBetween(1, BUDGET_BYTES / BODY_BYTES);
        assertThat(buffered()).isEqualTo(fit * BODY_BYTES);
        for (int i = 0; i < fit; i++) {
            engine.next().answer("200 OK", "served");
        }

        int served = 0;
        for (Wire client : clients) {
            WireMessage answer = client.readMessage();
            if (answer.status() == 200) {
                served++;
            } else {
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.json().at("/error/code").asString()).isEqualTo("overloaded_memory");
                assertThat(answer.headerValues("retry-after")).containsExactly("1");
            }
            client.close();
        }
        assertThat(served).isEqualTo(fit);
        assertThat(engine.requests()).isZero();
        serveOne();
    }

    @Test
    void anUploadThatStopsInTheMiddleGivesItsPartBack() {
        try (Wire gone = Wire.to(gateway.port());
                Wire broken = Wire.to(gateway.port());
                Wire slow = Wire.to(gateway.port())) {
            gone.send(POST + "Content-Length: 1000\r\n\r\n" + " ".repeat(999));
            slow.send(POST + "Content-Length: 1000\r\n\r\n" + " ".repeat(999));
            broken.send(POST + "Transfer-Encoding: chunked\r\n\r\n");
            broken.sendChunk(" ".repeat(999));
            await().untilAsserted(() -> assertThat(buffered()).isEqualTo(1000 + 1000 + 4096));
            gone.close();
            broken.send("no size\r\n");
            assertThat(broken.readMessage().status()).isEqualTo(400);
            assertThat(slow.readMessage().status()).isEqualTo(408);
        }
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aClientThatLeavesWhileItWaitsGivesItsBodyBack() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 2\r\n\r\n{}");
            try (Exchange upstream = engine.next()) {
                client.close();
                upstream.wire().awaitClosed();
            }
        }
    }

    @Test
    void aCompressedBodyReachesTheEngineInflated() throws Exception {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gzip)) {
            out.write("{\"prompt\":\"hello\"}".getBytes(StandardCharsets.UTF_8));
        }
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Encoding: gzip\r\nContent-Length: " + gzip.size() + "\r\n\r\n");
            client.send(gzip.toByteArray());
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().text()).isEqualTo("{\"prompt\":\"hello\"}");
                assertThat(upstream.request().headerValues("content-encoding")).isEmpty();
                assertThat(upstream.request().headerValues("content-length")).containsExactly("18");
                upstream.answer("200 OK", "served");
            }
            assertThat(client.readMessage().text()).isEqualTo("served");
        }
    }

    private static void serveOne() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 2\r\n\r\n{}");
            try (Exchange upstream = engine.next()) {
                upstream.answer("200 OK", "served");
            }
            assertThat(client.readMessage().text()).isEqualTo("served");
        }
    }

    private static double refusals() {
        return gateway.bean(MeterRegistry.class)
                .get("warmlane.buffered.body.refusals")
                .counter()
                .count();
    }

    private static double buffered() {
        return gateway.bean(MeterRegistry.class)
                .get("warmlane.buffered.body.bytes")
                .gauge()
                .value();
    }
}
