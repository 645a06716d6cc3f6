package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import reactor.core.publisher.Flux;

class BodyReaderTest {
    private static final int LIMIT_BYTES = 10_000;

    private final BodyReader reader = new BodyReader(LIMIT_BYTES);
    private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(UnpooledByteBufAllocator.DEFAULT);
    private final List<ByteBuf> pieces = new ArrayList<>();
    private int requested;

    @AfterEach
    void everyPieceIsReleased() {
        assertThat(pieces).allSatisfy(piece -> assertThat(piece.refCnt()).isZero());
    }

    @Test
    void joinsThePiecesOfAnAnnouncedBody() {
        assertThat(read(announced(5), "he", "l", "lo")).asString().isEqualTo("hello");
    }

    @Test
    void joinsThePiecesOfAChunkedBodyUpToTheLimit() {
        byte[] body = read(chunked(), "a".repeat(4_000), "b".repeat(5_999), "c");
        assertThat(body).hasSize(LIMIT_BYTES).startsWith('a').endsWith('c');
    }

    @Test
    void refusesAnAnnouncementPastTheLimitWithoutReading() {
        assertThatThrownBy(() -> read(announced(LIMIT_BYTES + 1), "hello"))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.status().value()).isEqualTo(413));
        assertThat(requested).isZero();
    }

    @Test
    void refusesAChunkedBodyAtThePieceThatPassesTheLimit() {
        assertThatThrownBy(() -> read(chunked(), "a".repeat(LIMIT_BYTES), "b", "never asked for"))
                .isInstanceOf(ApiException.class)
                .hasMessage("The request body is larger than 10000 bytes.");
        assertThat(requested).isEqualTo(2);
    }

    @Test
    void doesNotReadABodyThatNobodyAnnounced() {
        assertThat(read(MockServerHttpRequest.post("/"), "hello")).isEmpty();
        assertThat(read(announced(0), "hello")).isEmpty();
        assertThat(requested).isZero();
    }

    @Test
    void aChunkedBodyMayBeEmpty() {
        assertThat(read(chunked())).isEmpty();
    }

    private byte[] read(MockServerHttpRequest.BodyBuilder request, String... texts) {
        Flux<DataBuffer> body = Flux.fromArray(texts).map(this::piece);
        return reader.read(request.body(body)).block();
    }

    private DataBuffer piece(String text) {
        requested++;
        ByteBuf piece = UnpooledByteBufAllocator.DEFAULT.buffer();
        piece.writeCharSequence(text, StandardCharsets.UTF_8);
        pieces.add(piece);
        return buffers.wrap(piece);
    }

    private static MockServerHttpRequest.BodyBuilder announced(int bytes) {
        return MockServerHttpRequest.post("/").header("Content-Length", Integer.toString(bytes));
    }

    private static MockServerHttpRequest.BodyBuilder chunked() {
        return MockServerHttpRequest.post("/").header("Transfer-Encoding", "chunked");
    }
}
