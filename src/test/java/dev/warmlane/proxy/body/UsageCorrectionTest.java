package dev.warmlane.proxy.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.proxy.body.ChunkRewriter.UsageCorrection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageCorrectionTest {
    private static final Transfer TRANSFER = Objects.requireNonNull(
            Transfer.of("{\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":7}},\"kv_transfer_params\":{}}"
                    .getBytes(US_ASCII)));

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 40, 1000})
    void correctsAStreamWhereverItsChunksEnd(int size) {
        String stream =
                "data: {\"text\":\"a\"}\n\ndata: {\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":98}}}\n\n"
                        + "data: [DONE]\n\n";
        assertThat(pass(stream, size, true)).isEqualTo(stream.replace("98", "7"));
    }

    @Test
    void passesWholeEventsAtOnce() {
        UsageCorrection correction = new UsageCorrection(TRANSFER, true);
        ByteBuf event = Unpooled.copiedBuffer("data: {\"text\":\"a\"}\n\n", US_ASCII);
        assertThat(correction.accept(event, UnpooledByteBufAllocator.DEFAULT)).isSameAs(event);
        event.release();
    }

    @Test
    void correctsTheEndOfALongBodyAndKeepsItsLength() {
        String body = "{\"text\":\"" + "x".repeat(10_000)
                + "\",\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":98}},\"metrics\":null}";
        assertThat(pass(body, 1000, false)).isEqualTo(body.replace("98", " 7"));
    }

    @Test
    void keepsNothingOfAChunkThatComesAfterTheClientHasLeft() {
        UsageCorrection correction = new UsageCorrection(TRANSFER, true);
        correction.discard();
        ByteBuf late = Unpooled.copiedBuffer("data: {\"te", US_ASCII);
        assertThat(correction.accept(late, UnpooledByteBufAllocator.DEFAULT).isReadable())
                .isFalse();
        assertThat(late.refCnt()).isZero();
    }

    private static String pass(String text, int size, boolean events) {
        UsageCorrection correction = new UsageCorrection(TRANSFER, events);
        StringBuilder passed = new StringBuilder();
        for (int from = 0; from < text.length(); from += size) {
            String chunk = text.substring(from, Math.min(text.length(), from + size));
            passed.append(
                    take(correction.accept(Unpooled.copiedBuffer(chunk, US_ASCII), UnpooledByteBufAllocator.DEFAULT)));
        }
        return passed.append(take(correction.end())).toString();
    }

    private static String take(ByteBuf part) {
        String text = part.toString(US_ASCII);
        part.release();
        return text;
    }
}
