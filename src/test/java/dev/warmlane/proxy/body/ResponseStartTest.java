package dev.warmlane.proxy.body;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class ResponseStartTest {
    private final ResponseStart start = new ResponseStart();

    @Test
    void anIdThatComesInPiecesIsReadAndTakenOnce() {
        for (String piece : new String[] {"{\"i", "d\":", "\"resp", "_1", "\""}) {
            assertThat(start.takeId()).isNull();
            start.accept(bytes(piece));
        }
        assertThat(start.takeId()).isEqualTo("resp_1");
        start.accept(bytes("{\"id\":\"resp_2\"}"));
        assertThat(start.takeId()).isNull();
    }

    @Test
    void whatComesTooLateIsNotRead() {
        start.accept(bytes("{\"x\":\"" + "y".repeat(4100) + "\","));
        start.accept(bytes("\"id\":\"resp_1\"}"));
        assertThat(start.takeId()).isNull();
    }

    @Test
    void consumesNothing() {
        ByteBuf chunk = bytes("{\"id\":\"resp_1\"}");
        start.accept(chunk);
        assertThat(chunk.toString(UTF_8)).isEqualTo("{\"id\":\"resp_1\"}");
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }
}
