package dev.warmlane.proxy.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class UsageChunkTest {
    private static final String DELTA = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}],\"usage\":null}\n\n";
    private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    @Test
    void asksWhereAStreamDoesNot() {
        assertThat(ask("/v1/chat/completions", " {\"stream\":true,\"messages\":[]}"))
                .isEqualTo(" {\"stream_options\":{\"include_usage\":true},\"stream\":true,\"messages\":[]}");
    }

    @Test
    void leavesBodiesAloneThatNeedNoQuestion() {
        for (String body : new String[] {
            "{\"stream\":false}",
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
            "{}",
            "",
            "{\"stream\":true",
            "[true]"
        }) {
            assertThat(ask("/v1/chat/completions", body)).isEqualTo(body);
        }
        assertThat(ask("/v1/messages", "{\"stream\":true}")).isEqualTo("{\"stream\":true}");
    }

    @Test
    void removesTheUsageChunkWhereverPiecesEnd() {
        String stream = DELTA + DELTA + USAGE + DONE;
        for (int size = 1; size <= stream.length(); size++) {
            assertThat(passed(stream, size)).isEqualTo(DELTA + DELTA + DONE);
        }
    }

    @Test
    void letsAnEndlessEventPass() {
        String endless = "data: " + "x".repeat(100_000);
        assertThat(passed(endless, 1000)).isEqualTo(endless);
    }

    private static String ask(String path, String body) {
        return new String(UsageChunk.askIn(body.getBytes(US_ASCII), path), US_ASCII);
    }

    private static String passed(String stream, int pieceSize) {
        UsageChunkRemover remover = new UsageChunkRemover();
        StringBuilder passed = new StringBuilder();
        for (int i = 0; i < stream.length(); i += pieceSize) {
            String piece = stream.substring(i, Math.min(stream.length(), i + pieceSize));
            ByteBuf out = remover.accept(Unpooled.copiedBuffer(piece, US_ASCII), UnpooledByteBufAllocator.DEFAULT);
            passed.append(out.toString(US_ASCII));
            out.release();
        }
        ByteBuf rest = remover.end();
        passed.append(rest.toString(US_ASCII));
        rest.release();
        return passed.toString();
    }
}
