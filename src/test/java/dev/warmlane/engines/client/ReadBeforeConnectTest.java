package dev.warmlane.engines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.EngineClient.ReadBeforeConnect;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

class ReadBeforeConnectTest {
    private boolean connected;
    private final EmbeddedChannel channel = new EmbeddedChannel() {
        @Override
        public boolean isActive() {
            return connected && super.isActive();
        }
    };

    ReadBeforeConnectTest() {
        channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
        new ReadBeforeConnect().addTo(channel.pipeline());
    }

    @AfterEach
    void close() {
        channel.close();
    }

    @Test
    void aReadBeforeTheConnectionIsMadeIsNoFailureOfIt() {
        channel.pipeline().fireExceptionCaught(new NotYetConnectedException());

        channel.checkException();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void anyOtherErrorBeforeTheConnectionIsMadeIsOne() {
        channel.pipeline().fireExceptionCaught(new IOException("broken"));

        assertThatThrownBy(channel::checkException)
                .isInstanceOf(IOException.class)
                .hasMessage("broken");
    }

    @Test
    void aConnectionThatWasMadeAndIsNoMoreHasFailed() {
        connected = true;

        channel.pipeline().fireExceptionCaught(new NotYetConnectedException());

        assertThatThrownBy(channel::checkException).isInstanceOf(NotYetConnectedException.class);
    }
}
