package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.publisher.Mono;

class OutgoingChunksTest {
    private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(UnpooledByteBufAllocator.DEFAULT);
    private final ByteBuf first = Unpooled.buffer().writeByte(1);
    private final ByteBuf second = Unpooled.buffer().writeByte(2);
    private final OutgoingChunks pieces = new OutgoingChunks();

    @Test
    void areTakenInTheOrderInWhichTheyCame() {
        Mono<DataBuffer> one = pieces.add(buffers.wrap(first));
        Mono<DataBuffer> two = pieces.add(buffers.wrap(second));
        assertThat(bytes(one)).isSameAs(first);
        assertThat(bytes(two)).isSameAs(second);
    }

    @Test
    void belongToWhoeverTookThem() {
        Mono<DataBuffer> one = pieces.add(buffers.wrap(first));
        one.block();
        pieces.end();
        assertThat(first.refCnt()).isOne();
    }

    @Test
    void areReleasedAtTheEndIfNobodyTookThem() {
        Mono<DataBuffer> one = pieces.add(buffers.wrap(first));
        pieces.add(buffers.wrap(second));
        pieces.end();
        assertThat(first.refCnt()).isZero();
        assertThat(second.refCnt()).isZero();
        assertThat(one.block()).isNull();
    }

    @Test
    void areReleasedIfTheyComeAfterTheEnd() {
        pieces.end();
        assertThat(pieces.add(buffers.wrap(first)).block()).isNull();
        assertThat(first.refCnt()).isZero();
    }

    private static ByteBuf bytes(Mono<DataBuffer> piece) {
        return NettyDataBufferFactory.toByteBuf(piece.blockOptional().orElseThrow());
    }
}
