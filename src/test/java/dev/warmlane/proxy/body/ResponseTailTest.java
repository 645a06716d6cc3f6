package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.ErrorEvent;
import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.core.vllm.Usage;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseTailTest {
    private static final String USAGE =
            "data: {\"usage\":{\"prompt_tokens\":7,\"total_tokens\":10,\"completion_tokens\":3}}\n\n";

    private final ResponseTail tail = new ResponseTail();

    @ParameterizedTest
    @CsvSource({
        "1, 200",
        "1, 100000",
        "2, 2250",
        "3, 4000",
        "7, 1500",
        "100, 200",
        "5, 4096",
        "3, 8192",
        "41, 97",
        "1, 4095",
        "1, 4096",
        "1, 4097",
        "2, 2048",
        "1000, 11"
    })
    void findsTheUsageAfterAnyChunks(int chunks, int chunkBytes) {
        for (int i = 0; i < chunks; i++) {
            accept("data: " + "x".repeat(chunkBytes - 8) + "\n\n");
        }
        for (int i = 0; i < USAGE.length(); i += 10) {
            accept(USAGE.substring(i, Math.min(USAGE.length(), i + 10)));
        }
        accept("data: [DONE]\n\n");

        Usage usage = tail.usage();
        assertThat(usage).isNotNull();
        assertThat(usage.promptTokens()).isEqualTo(7);
        assertThat(tail.endsWithLastEvent()).isTrue();
    }

    /** As with {@code return_token_ids}. */
    @ParameterizedTest
    @ValueSource(ints = {1025, 1500, 4096, 5000, 60_000, 300_000})
    void findsTheUsageBeforeALongEndWhereItIsNeeded(int chunkBytes) {
        String body = "{\"choices\":[{\"text\":\"" + "x".repeat(20_000)
                + "\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3},\"prompt_token_ids\":["
                + "12345,".repeat(20_000) + "1]}";
        ResponseTail needed = new ResponseTail(true);
        for (int i = 0; i < body.length(); i += chunkBytes) {
            needed.accept(Unpooled.copiedBuffer(
                    body.substring(i, Math.min(body.length(), i + chunkBytes)), StandardCharsets.UTF_8));
        }
        assertThat(needed.usage()).isEqualTo(new Usage(7, 3, null));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "0, false", "1, true", "9, true", "1017, false", "1024, true", "5000, false", "5000, true"})
    void findsTheErrorAtTheEndAfterAnyText(int textBytes, boolean done) {
        for (String ending : List.of("data: {\"error\": {}}", "event: error\ndata: {}")) {
            ResponseTail failed = new ResponseTail();
            for (int i = 0; i < textBytes; i++) {
                failed.accept(Unpooled.copiedBuffer(i % 8 < 6 ? "x" : "\n", StandardCharsets.UTF_8));
            }
            failed.accept(Unpooled.copiedBuffer(
                    (textBytes == 0 ? "" : "\n\n") + ending + "\n\n" + (done ? "data: [DONE]\n\n" : ""),
                    StandardCharsets.UTF_8));
            assertThat(failed.lastError()).as(ending).isEqualTo(ErrorEvent.OF_ENGINE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "\n\n",
                "data: [DONE]\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"data: {\\\"error\\\":\"}}]}\n\ndata: [DONE]\n\n",
                "data: {\"error\":{}}\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n",
                "data: {\"choices\":[],\"error\":{}}\n\n",
                "event: message_stop\ndata: {\"error\":1}\n\n",
                "event: errorfoo\ndata: {\"error\":{}}\n\n",
                "event: response.failed_once\ndata: {}\n\n",
                ": data: {\"error\":{}}\n\n"
            })
    void takesNothingElseForAnError(String stream) {
        accept(stream);
        assertThat(tail.lastError()).isEqualTo(ErrorEvent.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"a\":1}\r\n\r\ndata: {\"error\":{}}\r\n\r\n",
                "data: {\"a\":1}\r\n\r\ndata: {\"error\":{}}\r\n\r\ndata: [DONE]\r\n\r\n",
                "data: {\"a\":1}\n\nevent: error\r\ndata: {}\r\n\r\n",
                "data: {\"error\":{}}\n\n: keep-alive\n\n",
                "data: {\"error\":{}}\n\n: keep-alive\n\ndata: [DONE]\n\n: keep-alive\n\n",
                "data: {\"error\":{}}\n: keep-alive\n\n",
                ": keep-alive\ndata: {\"error\":{}}\n\n",
                "data: {\"error\":{\"code\":500,\"type\":\"BadRequestError\"}}\n\n",
                "data: {\"error\":{\"code\":4000}}\n\n",
                "data: {\"error\":{\"message\":\"EngineCore encountered an issue. See\",\"code\":400}}\n\n",
                "data: {\"error\":{\"message\":\"\\\"code\\\":400\"}}\n\n"
            })
    void findsTheErrorOfTheEngine(String stream) {
        accept(stream);
        assertThat(tail.lastError()).isEqualTo(ErrorEvent.OF_ENGINE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\": {\"message\": \"x\", \"code\": 400}}\n\n",
                "data: {\"error\": {\"message\": \"x\", \"code\": \"404\"}}\n\n",
                "data: {\"object\": \"error\", \"message\": \"x\", \"code\": 422}\n\ndata: [DONE]\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"BadRequestError\"}}\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}\n\n",
                "event: error\ndata: {\"type\":\"error\",\"code\":\"400\"}\n\n"
            })
    void tellsTheErrorOfTheClient(String stream) {
        accept(stream);
        assertThat(tail.lastError()).isEqualTo(ErrorEvent.OF_CLIENT);
    }

    @Test
    void takesNoPartOfALongEventForAnError() {
        accept("data: " + "x".repeat(9000));
        accept("data: {\"error\":{}}\n\n");
        assertThat(tail.lastError()).isEqualTo(ErrorEvent.NONE);
    }

    @Test
    void findsTheUsageBeforeAChunkOfMuch() {
        accept("x".repeat(2000));
        accept("x".repeat(2500));
        accept(USAGE + "x".repeat(4096 - USAGE.length()));

        assertThat(tail.usage()).isNotNull();
    }

    @Test
    void findsTheUsageInALargerChunkAfterManySmallOnes() {
        for (int i = 0; i < 100; i++) {
            accept("data: " + i + "\n\n");
        }
        accept("x".repeat(1500));
        accept(USAGE + "x".repeat(2500));

        assertThat(tail.usage()).isNotNull();
    }

    @Test
    void hasAllOfAStreamThatBeginsWithLargeChunks() {
        for (int i = 0; i < 3; i++) {
            accept(": " + "x".repeat(1300) + "\n\n");
        }
        assertThat(tail.streamStart()).isEqualTo(StreamStart.UNDECIDED);

        accept(": " + "x".repeat(1300) + "\n\n");
        assertThat(tail.streamStart()).isEqualTo(StreamStart.BEGUN);
    }

    @Test
    void knowsNothingBeforeTheFirstByte() {
        accept("");

        assertThat(tail.usage()).isNull();
        assertThat(tail.endsWithLastEvent()).isFalse();
        assertThat(tail.streamStart()).isEqualTo(StreamStart.UNDECIDED);
        assertThat(tail.isZeroTokenAbort()).isFalse();
    }

    private void accept(String chunk) {
        tail.accept(Unpooled.copiedBuffer(chunk, StandardCharsets.US_ASCII));
    }
}
