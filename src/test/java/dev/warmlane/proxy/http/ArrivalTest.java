package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.settings.LimitSettings;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

class ArrivalTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void aConnectionIsOpenedForARequestWhoseHeadMayComeInParts() {
        speakHttp();
        assertThat(Arrival.on(channel)).isEqualTo(Arrival.EXPECTED);
        send("GET /v1/models");
        assertThat(Arrival.on(channel)).isEqualTo(Arrival.BEGUN);
        send(" HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(Arrival.on(channel)).as("it has come").isEqualTo(Arrival.NONE);
        send("GET");
        assertThat(Arrival.on(channel)).as("one more").isEqualTo(Arrival.BEGUN);
    }

    @Test
    void aHandshakeBeginsWithTheClientsHello() throws Exception {
        SSLEngine server = SSLContext.getDefault().createSSLEngine();
        server.setUseClientMode(false);
        // Its task finds no certificate, but does not get to run.
        channel.pipeline().addLast(NettyPipeline.SslHandler, new SslHandler(server, task -> {}));
        speakHttp();
        assertThat(Arrival.on(channel)).isEqualTo(Arrival.EXPECTED);
        channel.writeInbound(Unpooled.wrappedBuffer(hello()));
        assertThat(Arrival.on(channel)).isEqualTo(Arrival.BEGUN);
    }

    @Test
    void aHandshakeThatWaitsForItsTurnHasBegun() throws Exception {
        channel.freezeTime();
        SSLEngine server = SSLContext.getDefault().createSSLEngine();
        server.setUseClientMode(false);
        channel.pipeline().addLast(NettyPipeline.SslHandler, new SslHandler(server, task -> {}));
        HandshakeTurns handshakes = new HandshakeTurns(Duration.ofSeconds(10));
        handshakes.addTo(channel.pipeline());
        channel.writeInbound(Unpooled.EMPTY_BUFFER);
        assertThat(Arrival.on(channel)).as("has taken the turn for nothing").isEqualTo(Arrival.NONE);
        channel.writeInbound(Unpooled.wrappedBuffer(hello()));
        assertThat(Arrival.on(channel)).isEqualTo(Arrival.BEGUN);
    }

    private void speakHttp() {
        LimitSettings limits = DefaultLimits.withHeaderTimeout(Duration.ofSeconds(10));
        channel.pipeline().addLast(NettyPipeline.HttpCodec, new StrictHttpCodec(new HttpDecoderConfig(), 128));
        new RequestWatch(limits, System::nanoTime).addTo(channel.pipeline());
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private static ByteBuffer hello() throws Exception {
        SSLEngine client = SSLContext.getDefault().createSSLEngine();
        client.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(client.getSession().getPacketBufferSize());
        client.wrap(ByteBuffer.allocate(0), hello);
        return hello.flip();
    }
}
