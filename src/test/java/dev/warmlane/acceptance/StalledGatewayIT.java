package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.health.EndpointHealth.Healthy;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.netty.http.HttpResources;

/** What comes while the gateway's own loops stand still is in time, and counts against no endpoint. */
class StalledGatewayIT {
    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"prompt\":\"Hi\"}";
    private static final String REQUEST =
            "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;

    /** Of two, one may be ejected. */
    private final List<HandDrivenEngine> engines = List.of(HandDrivenEngine.start(), HandDrivenEngine.start());

    private RunningGateway gateway;

    @BeforeEach
    void start() {
        gateway = RunningGateway.start(
                        "warmlane.endpoints=" + engines.get(0).uri() + ","
                                + engines.get(1).uri(),
                        "warmlane.retry.max-retries=0",
                        "warmlane.upstream.response-timeout=" + TIMEOUT.toMillis() + "ms",
                        "warmlane.upstream.idle-timeout=" + TIMEOUT.toMillis() + "ms",
                        "warmlane.outlier.consecutive-failures=1")
                .ready();
    }

    @AfterEach
    void stop() {
        gateway.close();
        engines.forEach(HandDrivenEngine::close);
    }

    @Test
    void aResponseThatCameWhileTheLoopsStoodStillIsInTime() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(REQUEST);
            Exchange exchange = next();
            whileLoopsStandStill(() -> exchange.answer("200 OK\r\nContent-Type: application/json", "{}"));
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        assertThat(isHealthy()).isTrue();
    }

    @Test
    void aChunkThatCameWhileTheLoopsStoodStillIsInTime() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(REQUEST);
            Exchange exchange = next();
            exchange.begin("200 OK\r\nContent-Type: text/event-stream");
            exchange.wire().sendChunk("data: 1\n\n");
            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readChunkText()).isEqualTo("data: 1\n\n");
            whileLoopsStandStill(() -> exchange.wire().sendChunk("data: 2\n\n"));
            assertThat(client.readChunkText()).isEqualTo("data: 2\n\n");
        }
        await().until(() -> gateway.inFlight() == 0);
        assertThat(isHealthy()).isTrue();
    }

    @Test
    void aResponseThatDoesNotComeIsLate() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(REQUEST);
            next();
            assertThat(client.readMessage().status()).isEqualTo(504);
        }
        await().until(() -> !isHealthy());
    }

    private static void whileLoopsStandStill(Runnable action) {
        List<EventExecutor> loops = new ArrayList<>();
        HttpResources.get().onServer(true).forEach(loops::add);
        CountDownLatch standing = new CountDownLatch(loops.size());
        CountDownLatch released = new CountDownLatch(1);
        for (EventExecutor loop : loops) {
            loop.execute(() -> {
                standing.countDown();
                while (released.getCount() > 0) {
                    // Busy, as a loop is that is late.
                }
            });
        }
        try {
            standing.await();
            action.run();
            long since = System.nanoTime();
            await().until(() -> System.nanoTime() - since > 2 * TIMEOUT.toNanos());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            released.countDown();
        }
    }

    private Exchange next() {
        return await().until(
                        () -> engines.stream()
                                .map(HandDrivenEngine::poll)
                                .filter(Objects::nonNull)
                                .findFirst()
                                .orElse(null),
                        Objects::nonNull);
    }

    private boolean isHealthy() {
        Pool pool = gateway.bean(Pools.class).get("default");
        return pool.endpoints().snapshot().endpoints().stream()
                .allMatch(endpoint -> pool.health().of(endpoint.id()) instanceof Healthy);
    }
}
