package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A client that reads nothing and leaves: what waits for it is freed. */
class SlowClientIT {
    /** More of it than sockets take. */
    private static final int PIECE_BYTES = 256 * 1024;

    private static final int PIECES = 1000;

    private final List<ByteBuf> pieces = new CopyOnWriteArrayList<>();

    @Test
    void whatWaitsForAClientIsReleasedWhenItLeaves() throws Exception {
        DisposableServer gateway = HttpServer.create()
                .host("127.0.0.1")
                .handle(new ReactorHttpHandlerAdapter((request, response) -> {
                    NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
                    Flux<DataBuffer> answer = Flux.range(0, PIECES).map(i -> buffers.wrap(piece()));
                    return ResponseWriter.write(response, answer);
                }))
                .bindNow();
        try (Socket client = new Socket("127.0.0.1", gateway.port())) {
            client.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            await().until(() -> pieces.stream().anyMatch(piece -> piece.refCnt() == 0));
            int first = pieces.size();
            assertThat(first).as("pieces before the client asked for more").isLessThan(PIECES);
        }
        await().untilAsserted(() -> assertThat(pieces)
                .allSatisfy(piece -> assertThat(piece.refCnt()).isZero()));
        assertThat(pieces).hasSizeLessThan(PIECES);
        gateway.disposeNow();
    }

    private ByteBuf piece() {
        ByteBuf piece = Unpooled.directBuffer(PIECE_BYTES).writerIndex(PIECE_BYTES);
        pieces.add(piece);
        return piece;
    }
}
