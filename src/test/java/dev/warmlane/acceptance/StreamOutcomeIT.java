package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a stream that has begun ends, its metric, its line in the access log and its span say the same. */
class StreamOutcomeIT extends ObservedRequests {
    private static final String[] UNHELD = {"warmlane.retry.hold=0s"};
    private static final String OPENING =
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";

    @Test
    void leftBeforeItsFirstToken() {
        start(UNHELD);
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(OPENING);
            assertThat(client.readHead().status()).isEqualTo(200);
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAM, "200 OK\r\nContent-Type: application/x-ndjson"})
    void leftInTheMiddleOfItsStream(String head) {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(head);
            exchange.wire().sendChunk(TOKEN);
            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readChunkText()).isEqualTo(TOKEN);
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    /** More than all buffers between the two hold, so writing is what fails. */
    @Test
    void leftWithMostOfItsResponseUnread() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            assertThat(client.readHead().status()).isEqualTo(200);
            for (int i = 0; i < 20; i++) {
                exchange.wire().sendChunk("data: " + "x".repeat(100_000) + "\n\n");
            }
            client.close();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    @Test
    void closedByItsClientAfterTheLastEvent() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(DONE);
            assertThat(client.readHead().status()).isEqualTo(200);
            for (String read = ""; !read.endsWith(DONE); ) {
                read += client.readChunkText();
            }
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "2xx", 200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\": {\"message\": \"EngineCore encountered an issue.\", \"code\": 500}}\n\ndata: [DONE]\n\n",
                "data: {\"error\":{\"message\":\"x\"}}\n\n",
                "data: {\"object\": \"error\", \"message\": \"x\", \"code\": 500}\n\ndata: [DONE]\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n",
                "event: response.failed\ndata: {\"type\":\"response.failed\"}\n\n"
            })
    void endedWithAnErrorOfItsEngine(String end) {
        start();
        try (Wire client = send(PROMPT);
                Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(end);
            exchange.wire().sendLastChunk();
            assertStatus(client, 200);
        }
        reports.assertLast("default", "failed", 200);
    }

    /** At the end, the connection breaks as well: that is not another error. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\":{\"message\":\"EngineCore encountered an issue.\",\"code\":500}}\n\n",
                OPENING + "data: {\"error\":{\"code\":500}}\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n"
            })
    void failedByItsEngineInsteadOfAFirstToken(String error) {
        for (boolean held : List.of(true, false)) {
            start(held ? new String[0] : UNHELD);
            Tally tally = tally();
            long errors = tally.errors();
            long firstTokens = streams(tally);
            long timed = timedStreams();
            Wire client = send(PROMPT);
            try (Exchange exchange = engine.next()) {
                exchange.begin(STREAM);
                exchange.wire().sendChunk(error);
                exchange.wire().sendChunk(DONE);
                assertThat(client.readHead().status()).isEqualTo(200);
                for (String read = ""; !read.endsWith(DONE); ) {
                    read += client.readChunkText();
                }
                exchange.wire().reset();
            }
            while (client.readChunk().length > 0) {
                // What the gateway says of the broken connection.
            }
            client.close();
            reports.assertLast("default", "failed", 200);
            assertThat(tally().errors()).isEqualTo(errors + 1);
            assertThat(streams(tally())).isEqualTo(firstTokens);
            assertThat(timedStreams()).isEqualTo(timed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", TOKEN})
    void endedWithAnErrorOfItsClient(String before) {
        start();
        long errors = tally().errors();
        long firstTokens = streams(tally());
        for (String error : List.of(
                "data: {\"error\": {\"message\": \"x\", \"type\": \"BadRequestError\", \"code\": 400}}\n\n",
                "data: {\"object\": \"error\", \"message\": \"x\", \"code\": 400}\n\n")) {
            try (Wire client = send(PROMPT);
                    Exchange exchange = engine.next()) {
                exchange.begin(STREAM);
                exchange.wire().sendChunk(before + error);
                exchange.wire().sendChunk(DONE);
                exchange.wire().sendLastChunk();
                assertStatus(client, 200);
            }
            reports.assertLast("default", "2xx", 200);
        }
        assertThat(tally().errors()).isEqualTo(errors);
        assertThat(streams(tally())).isEqualTo(firstTokens + (before.isEmpty() ? 0 : 2));
    }

    private Tally tally() {
        EndpointId id = gateway.router().pool().snapshot().endpoints().get(0).id();
        return gateway.router().tallies().of(id);
    }

    private static long streams(Tally tally) {
        long[] upTo = tally.firstTokens();
        return upTo[upTo.length - 1];
    }

    private long timedStreams() {
        Timer timer = gateway.bean(MeterRegistry.class)
                .find(RequestMeter.TTFT.meterName())
                .timer();
        return timer == null ? 0 : timer.count();
    }

    @Test
    void brokenOffByItsEngine() {
        start();
        for (String type : List.of("text/event-stream", "application/x-ndjson")) {
            try (Wire client = send(PROMPT)) {
                try (Exchange exchange = engine.next()) {
                    exchange.begin("200 OK\r\nContent-Type: " + type);
                    exchange.wire().sendChunk(TOKEN);
                    assertThat(client.readHead().status()).isEqualTo(200);
                    assertThat(client.readChunkText()).isEqualTo(TOKEN);
                }
                reports.assertLast("default", "failed", 200);
            }
        }
    }
}
