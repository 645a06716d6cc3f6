package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What of a stream comes before its first token does not go to the client, as long as another engine could take over. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HeldStreamIT {
    private static final String STREAM = "200 OK\r\nContent-Type: text/event-stream; charset=utf-8";
    private static final String OPENING =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String TOKEN =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";

    private static final String COMMENT = ": keep-alive\n\n";

    private final List<HandDrivenEngine> engines = List.of(HandDrivenEngine.start(), HandDrivenEngine.start());
    private final SharedGateways gateways = new SharedGateways(RunningGateway::start);
    private RunningGateway gateway;

    private void start(String... settings) {
        String[] all = Arrays.copyOf(settings, settings.length + 1);
        all[settings.length] = "warmlane.endpoints=" + engines.get(0).uri() + ","
                + engines.get(1).uri();
        gateway = gateways.with(all);
    }

    @AfterEach
    void nothingIsLeft() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        assertThat(engines).allSatisfy(engine -> assertThat(engine.requests()).isZero());
    }

    @AfterAll
    void stop() {
        gateways.close();
        engines.forEach(HandDrivenEngine::close);
    }

    @Test
    void anEngineThatDiesAfterItsOpeningIsReplacedWithoutTheClientNoticing() {
        start("warmlane.retry.hold=60s");
        try (Wire client = stream()) {
            try (Exchange first = next()) {
                first.begin(STREAM);
                first.wire().sendChunk(OPENING);
            }
            try (Exchange second = next()) {
                second.begin(STREAM);
                second.wire().sendChunk(OPENING);
                second.wire().sendChunk(TOKEN);
                assertThat(client.readHead().status()).isEqualTo(200);
                assertThat(readText(client, OPENING.length() + TOKEN.length())).isEqualTo(OPENING + TOKEN);
                second.wire().sendLastChunk();
                assertThat(client.readChunk()).isEmpty();
            }
        }
    }

    @Test
    void anEngineThatDiesAfterItsCommentsIsReplacedWithoutTheClientNoticing() {
        start("warmlane.retry.hold=60s");
        try (Wire client = stream()) {
            try (Exchange first = next()) {
                first.begin(STREAM);
                first.wire().sendChunk(COMMENT);
                first.wire().sendChunk(OPENING);
                first.wire().sendChunk(COMMENT);
            }
            try (Exchange second = next()) {
                second.begin(STREAM);
                second.wire().sendChunk(TOKEN);
                assertThat(client.readHead().status()).isEqualTo(200);
                assertThat(readText(client, TOKEN.length())).isEqualTo(TOKEN);
                second.wire().sendLastChunk();
                assertThat(client.readChunk()).isEmpty();
            }
        }
    }

    @Test
    void commentsThatPassAreNoFirstToken() {
        start("warmlane.retry.hold=100ms");
        long before = firstTokens();
        try (Wire client = stream();
                Exchange first = next()) {
            first.begin(STREAM);
            assertThat(client.readHead().status()).isEqualTo(200);
            first.wire().sendChunk(COMMENT);
            assertThat(client.readChunkText()).isEqualTo(COMMENT);
            assertThat(firstTokens()).isEqualTo(before);
            first.wire().sendChunk(TOKEN);
            assertThat(client.readChunkText()).isEqualTo(TOKEN);
            assertThat(firstTokens()).isEqualTo(before + 1);
            first.wire().sendLastChunk();
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void theHeadersDoNotWaitForTheFirstTokenForever() {
        start("warmlane.retry.hold=100ms");
        try (Wire client = stream();
                Exchange first = next()) {
            first.begin(STREAM);
            assertThat(client.readHead().status()).isEqualTo(200);
            first.wire().sendChunk(OPENING);
            assertThat(client.readChunkText()).isEqualTo(OPENING);
            first.wire().sendLastChunk();
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void onceTheHeadersHaveGoneABreakIsAnErrorEvent() {
        start("warmlane.retry.hold=100ms");
        try (Wire client = stream()) {
            try (Exchange first = next()) {
                first.begin(STREAM);
                assertThat(client.readHead().status()).isEqualTo(200);
            }
            assertThat(client.readChunkText()).startsWith("\n\ndata: {\"error\":{");
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void aShortAnswerThatIsCutOffComesFromAnotherEngine() {
        start("warmlane.retry.hold=60s");
        try (Wire client = stream()) {
            try (Exchange first = next()) {
                first.wire()
                        .send(
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"half\":");
            }
            try (Exchange second = next()) {
                second.answer("200 OK\r\nContent-Type: application/json", "{\"whole\":1}");
            }
            assertThat(client.readMessage().text()).isEqualTo("{\"whole\":1}");
        }
    }

    @Test
    void aClientThatLeavesWhileTheOpeningIsHeldEndsTheRequestAtTheEngine() {
        start("warmlane.retry.hold=60s");
        Wire client = stream();
        try (Exchange first = next()) {
            first.begin(STREAM);
            first.wire().sendChunk(OPENING);
            client.close();
            first.wire().awaitClosed();
        }
    }

    private long firstTokens() {
        return gateway.bean(MeterRegistry.class).find(RequestMeter.TTFT.meterName()).timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private Wire stream() {
        Wire client = Wire.to(gateway.port());
        client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Length: 15\r\n\r\n{\"stream\":true}");
        return client;
    }

    /** The request, at whichever engine it comes in. */
    private Exchange next() {
        await().until(() -> engines.stream().anyMatch(engine -> engine.requests() > 0));
        return engines.get(0).requests() > 0
                ? engines.get(0).next()
                : engines.get(1).next();
    }

    private static String readText(Wire client, int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(client.readChunkText());
        }
        return text.toString();
    }
}
