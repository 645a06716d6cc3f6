package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Wire;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A response that breaks off at its engine breaks off at the client, at once, however the engine goes and whatever it sent. */
class BrokenResponseIT extends ObservedRequests {
    private static final int PIECE = 25_000;
    private static final int PIECES = 20;
    private static final String BODY = "{\"model\":\"m\",\"input\":\"a\"}";

    @ParameterizedTest
    @CsvSource({
        "application/json, reset",
        "application/octet-stream, reset",
        "application/x-ndjson, reset",
        "application/json, end"
    })
    void halfOfAnAnnouncedLengthIsNoResponse(String type, String how) {
        start();
        try (Wire client = send()) {
            try (Exchange exchange = engine.next()) {
                exchange.wire()
                        .send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: 2000000\r\n\r\n");
                for (int piece = 0; piece < PIECES; piece++) {
                    exchange.wire().send("x".repeat(PIECE));
                    if (piece == 0) {
                        assertThat(client.readHead().header("content-length")).isEqualTo("2000000");
                    }
                    assertThat(client.readBytes(PIECE)).hasSize(PIECE);
                }
                breakOff(exchange, how);
            }
            assertThat(client.readUntilClosed()).isEmpty();
        }
        reports.assertLast("default", "failed", 200);
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, reset",
        "application/octet-stream, reset",
        "application/x-ndjson, reset",
        "application/json, end"
    })
    void chunksThatBreakOffHaveNoLastChunk(String type, String how) {
        start();
        try (Wire client = send()) {
            try (Exchange exchange = engine.next()) {
                exchange.begin("200 OK\r\nContent-Type: " + type);
                for (int piece = 0; piece < PIECES; piece++) {
                    exchange.wire().sendChunk("x".repeat(PIECE));
                    if (piece == 0) {
                        assertThat(client.readHead().header("transfer-encoding"))
                                .isEqualTo("chunked");
                    }
                    for (int read = 0; read < PIECE; ) {
                        read += client.readChunk().length;
                    }
                }
                breakOff(exchange, how);
            }
            assertThat(client.readUntilClosed()).isEmpty();
        }
        reports.assertLast("default", "failed", 200);
    }

    private static void breakOff(Exchange exchange, String how) {
        if (how.equals("reset")) {
            exchange.wire().reset();
        } else {
            exchange.close();
        }
    }

    private Wire send() {
        return send("/v1/embeddings", BODY, "");
    }
}
