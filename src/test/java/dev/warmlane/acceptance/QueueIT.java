package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What waits while the one endpoint of a pool has the one request that it may have. */
class QueueIT {
    private static final String RETRIED = "warmlane_retries_total{pool=\"default\"";

    private static final String ANSWER = "{\"object\":\"chat.completion\"}";

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** One that the queue has not seen in another test, as it remembers who had a turn. */
    private final String session = "session-" + System.nanoTime();

    private HandDrivenEngine engine;
    private RunningGateway gateway;

    @BeforeEach
    void startEngine() {
        engine = HandDrivenEngine.start();
    }

    @AfterEach
    void nothingIsCountedAnyMore() {
        await().untilAsserted(() -> {
            assertThat(queue().waiting()).isZero();
            assertThat(gateway.inFlight()).isZero();
        });
        engine.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Test
    void goesToTheEngineOneAfterTheOther() {
        start();
        double waited = metric("warmlane_queue_wait_seconds_count{pool=\"default\"}");
        CompletableFuture<HttpResponse<String>> first = ask("first", Map.of());
        Exchange busy = engine.next();
        CompletableFuture<HttpResponse<String>> second = askAndWait("second", Map.of(), 1);
        assertThat(engine.requests()).isZero();
        answer(busy);
        answer(engine.next());
        assertThat(List.of(first, second))
                .allSatisfy(answered ->
                        assertThat(Awaited.result(answered).statusCode()).isEqualTo(200));
        assertThat(metrics()).contains("warmlane_queue_depth{pool=\"default\"} 0.0");
        assertThat(metric("warmlane_queue_wait_seconds_count{pool=\"default\"}"))
                .isEqualTo(waited + 1);
    }

    @Test
    void aClientThatLeavesGivesUpItsPlaceAtOnce() {
        start();
        ask("first", Map.of());
        Exchange busy = engine.next();
        try (Wire leaving = Wire.to(gateway.port())) {
            leaving.send(request("left", session));
            awaitWaiting(1);
        }
        awaitWaiting(0);
        answer(busy);
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aFullQueueIsTooManyRequestsAndSaysWhenToComeBack() {
        start("warmlane.queue.max-entries=1");
        ask("first", Map.of());
        Exchange busy = engine.next();
        askAndWait("second", Map.of(), 1);
        HttpResponse<String> third = Awaited.result(ask("third", Map.of()));
        assertRefused(third, "queue_full");
        assertThat(metrics()).contains("warmlane_rejected_total{pool=\"default\",reason=\"full\"} 1.0");
        answer(busy);
        answer(engine.next());
    }

    @Test
    void whoWaitsTooLongIsToldWhenToComeBack() {
        start("warmlane.queue.max-wait=200ms");
        double late = metric("warmlane_rejected_total{pool=\"default\",reason=\"late\"}");
        ask("first", Map.of());
        Exchange busy = engine.next();
        assertRefused(Awaited.result(ask("late", Map.of())), "queue_timeout");
        assertThat(metric("warmlane_rejected_total{pool=\"default\",reason=\"late\"}"))
                .isEqualTo(late + 1);
        answer(busy);
    }

    @Test
    void anEndpointThatAppearsTakesWhoWaits() {
        start();
        ask("first", Map.of());
        Exchange busy = engine.next();
        askAndWait("second", Map.of(), 1);
        try (HandDrivenEngine added = HandDrivenEngine.start()) {
            gateway.router().pool().replace(List.of(Endpoint.ofUri(engine.uri()), Endpoint.ofUri(added.uri())));
            answer(added.next());
            awaitWaiting(0);
            answer(busy);
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        }
    }

    @Test
    void thereIsNothingToWaitForWhereNoEndpointIsLeft() {
        start();
        ask("first", Map.of());
        Exchange busy = engine.next();
        CompletableFuture<HttpResponse<String>> waiting = ask("second", Map.of());
        awaitWaiting(1);
        gateway.router().pool().replace(List.of());
        assertThat(Awaited.result(waiting).statusCode()).isEqualTo(503);
        assertThat(Awaited.result(ask("third", Map.of())).statusCode()).isEqualTo(503);
        answer(busy);
    }

    @Test
    void aRequestWhoseEndpointFailedIsTheNextToGoToAnother() {
        try (HandDrivenEngine other = HandDrivenEngine.start()) {
            start(List.of(engine, other));
            CompletableFuture<HttpResponse<String>> failing = ask("one", Map.of("x-session-id", "1"));
            await().until(() -> engine.requests() + other.requests() == 1);
            HandDrivenEngine failed = engine.requests() == 1 ? engine : other;
            HandDrivenEngine sound = failed == engine ? other : engine;
            ask("two", Map.of("x-session-id", "2"));
            Exchange busy = sound.next();
            askAndWait("three", Map.of("x-session-id", "3"), 1);
            askAndWait("four", Map.of("x-session-id", "4"), 2);

            failed.next().close();
            Exchange third = failed.next();
            assertThat(third.request().text()).contains("three");
            awaitWaiting(2);
            answer(busy);
            Exchange retried = sound.next();
            assertThat(retried.request().text()).contains("one");
            answer(retried);
            assertThat(Awaited.result(failing).statusCode()).isEqualTo(200);
            answer(third);
            await().until(() -> engine.requests() + other.requests() == 1);
            answer(engine.requests() == 1 ? engine.next() : other.next());
        }
    }

    @Test
    void aRequestThatLeavesWhileItWaitsForAnotherEndpointWasNotRetried() {
        try (HandDrivenEngine other = HandDrivenEngine.start()) {
            start(List.of(engine, other));
            double before = metric(RETRIED);
            double decided = decided();
            Wire leaving = Wire.to(gateway.port());
            leaving.send(request("leaving", "session-leaving"));
            await().until(() -> engine.requests() + other.requests() == 1);
            HandDrivenEngine failed = engine.requests() == 1 ? engine : other;
            HandDrivenEngine sound = failed == engine ? other : engine;
            ask("busy", Map.of("x-session-id", "busy"));
            Exchange busy = sound.next();

            failed.next().close();
            awaitWaiting(1);
            leaving.close();
            awaitWaiting(0);
            answer(busy);
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
            assertThat(metric(RETRIED)).isEqualTo(before);
            assertThat(decided() - decided).isEqualTo(2);
        }
    }

    @Test
    void thePriorityOfATrustedHeaderGoesBeforeTheBodys() {
        start("warmlane.queue.priority-header=x-priority", "warmlane.queue.body-priority=true");
        ask("first", Map.of());
        Exchange busy = engine.next();
        askAndWait("default", Map.of(), 1);
        ask("{\"messages\":[{\"role\":\"user\",\"content\":\"body\"}],\"priority\":-1}", "s", Map.of());
        awaitWaiting(2);
        askAndWait("header", Map.of("x-priority", "-2"), 3);
        answer(busy);
        assertThat(List.of(answerNext(), answerNext(), answerNext()))
                .satisfiesExactly(
                        header -> assertThat(header).contains("\"header\""),
                        body -> assertThat(body).contains("\"body\""),
                        plain -> assertThat(plain).contains("\"default\""));
    }

    @Test
    void noPriorityIsBelievedUnlessTheSettingsSaySo() {
        start();
        ask("first", Map.of());
        Exchange busy = engine.next();
        askAndWait("default", Map.of(), 1);
        ask("{\"messages\":[{\"role\":\"user\",\"content\":\"pushy\"}],\"priority\":-9}", "s", Map.of());
        awaitWaiting(2);
        answer(busy);
        assertThat(answerNext()).contains("\"default\"");
        assertThat(answerNext()).contains("\"pushy\"");
    }

    @Test
    void aKeysPriorityCountsAndItsClientCanOnlyPutItselfBack(@TempDir Path folder) throws IOException {
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("urgent", "key-urgent", "priority: -1"),
                        HashedKeys.entry("usual", "key-usual", ""))));
        start("warmlane.auth.keys-file=" + keys, "warmlane.queue.priority-header=x-priority");
        ask("first", Map.of("Authorization", "Bearer key-usual"));
        Exchange busy = engine.next();
        askAndWait("back", Map.of("Authorization", "Bearer key-urgent", "x-priority", "5"), 1);
        askAndWait("pushy", Map.of("Authorization", "Bearer key-usual", "x-priority", "-9"), 2);
        askAndWait("urgent", Map.of("Authorization", "Bearer key-urgent"), 3);
        answer(busy);
        assertThat(List.of(answerNext(), answerNext(), answerNext()))
                .satisfiesExactly(
                        urgent -> assertThat(urgent).contains("\"urgent\""),
                        pushy -> assertThat(pushy).contains("\"pushy\""),
                        back -> assertThat(back).contains("\"back\""));
    }

    @Test
    void aQuietSessionIsNotHeldUpByOneThatFloods() {
        start();
        ask("first", Map.of());
        Exchange busy = engine.next();
        for (int i = 1; i <= 4; i++) {
            askAndWait("flood " + i, Map.of("x-session-id", "loud"), i);
        }
        askAndWait("quiet", Map.of("x-session-id", "quiet"), 5);
        answer(busy);
        assertThat(List.of(answerNext(), answerNext()))
                .anySatisfy(body -> assertThat(body).contains("quiet"));
        for (int i = 0; i < 3; i++) {
            answerNext();
        }
    }

    @Test
    void theGatewayServesOnlySoManyAtATime() {
        start("warmlane.limits.streams=1");
        double before = ended();
        ask("first", Map.of());
        Exchange busy = engine.next();
        assertRefused(Awaited.result(ask("second", Map.of())), "too_many_streams");
        answer(busy);
        // A request is counted once its place is free, which is a moment after its client has the response.
        await().untilAsserted(() -> assertThat(ended()).isEqualTo(before + 2));
        CompletableFuture<HttpResponse<String>> later = ask("later", Map.of());
        answer(engine.next());
        assertThat(Awaited.result(later).statusCode()).isEqualTo(200);
    }

    private void start(String... settings) {
        start(List.of(engine), settings);
    }

    private void start(List<HandDrivenEngine> engines, String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.queue.max-requests-per-endpoint=1");
        // An endpoint that a busy machine makes late would change whose turn it is.
        all.add("warmlane.health.enabled=false");
        gateway = GATEWAYS.inFrontOf(
                engines.stream().map(each -> each.uri().toString()).toList(), all.toArray(new String[0]));
    }

    private double ended() {
        return sum(RequestMeter.REQUESTS);
    }

    private double decided() {
        return sum(RequestMeter.DECISIONS);
    }

    private double sum(RequestMeter meter) {
        return gateway.bean(MeterRegistry.class).find(meter.meterName()).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private AdmissionQueue queue() {
        return gateway.bean(Pools.class).get("default").queue();
    }

    private void awaitWaiting(int requests) {
        await().untilAsserted(() -> assertThat(queue().waiting()).isEqualTo(requests));
    }

    private CompletableFuture<HttpResponse<String>> askAndWait(String text, Map<String, String> headers, int waiting) {
        CompletableFuture<HttpResponse<String>> asked = ask(text, headers);
        awaitWaiting(waiting);
        return asked;
    }

    private CompletableFuture<HttpResponse<String>> ask(String text, Map<String, String> headers) {
        return ask(body(text), headers.getOrDefault("x-session-id", session), headers);
    }

    private CompletableFuture<HttpResponse<String>> ask(String body, String session, Map<String, String> headers) {
        Map<String, String> all = new HashMap<>(headers);
        all.put("x-session-id", session);
        return client.sendAsync(
                ChatClient.request(gateway.uri("/v1/chat/completions"), all)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** Names no model, as the engine's own would be known only after a while. */
    private static String body(String text) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    private static String request(String text, String session) {
        String body = body(text);
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                + "x-session-id: " + session + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void answer(Exchange exchange) {
        exchange.answer("200 OK\r\nContent-Type: application/json", ANSWER);
    }

    /** Answers the next request, and gives its body. */
    private String answerNext() {
        Exchange exchange = engine.next();
        answer(exchange);
        return exchange.request().text();
    }

    /** 0 where it is not counted yet. */
    private double metric(String name) {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private String metrics() {
        return new ChatClient().get(gateway.management("/actuator/prometheus")).body();
    }

    private static void assertRefused(HttpResponse<String> response, String code) {
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo(code);
        assertThat(response.headers().firstValueAsLong("retry-after").orElseThrow())
                .isBetween(1L, 60L);
        assertThat(response.headers().firstValueAsLong("retry-after-ms").orElseThrow())
                .isBetween(100L, 60_000L);
        assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
    }
}
