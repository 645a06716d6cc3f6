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
        assertThat(ask(" {\"stream\":true,\"messages\":[]}"))
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
            assertThat(ask(body)).isEqualTo(body);
        }
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

    @Test
    void staysKnownByWhatTheClientSaid() {
        RequestBody body = body("{\"stream\":true,\"priority\":7,\"prompt\":\"Hi\"}");
        long blocks = body.prompt().bytes();

        assertThat(body.askForUsageChunk()).isTrue();

        assertThat(body.prompt().bytes()).isEqualTo(blocks);
        body.forgetPrompt();
        assertThat(body.parse().priority()).isEqualTo(7);
        assertThat(body.parse().includeUsage()).isFalse();
        assertThat(body.parse().hasPrompt()).isFalse();
    }

    private static String ask(String text) {
        RequestBody body = body(text);
        boolean asked = body.askForUsageChunk();
        String sent = new String(body.bytes(), US_ASCII);
        assertThat(asked).isEqualTo(!sent.equals(text));
        return sent;
    }

    private static RequestBody body(String text) {
        BufferedBody buffered = new BufferedBody(new BodyBudget(1024), 1024, -1);
        byte[] bytes = text.getBytes(US_ASCII);
        buffered.append(bytes, bytes.length);
        return new RequestBody(buffered, null);
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
