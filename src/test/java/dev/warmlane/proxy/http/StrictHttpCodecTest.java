package dev.warmlane.proxy.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.File;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictHttpCodecTest {
    private final EmbeddedChannel client = new EmbeddedChannel(new StrictHttpCodec(new HttpDecoderConfig(), 10));

    @BeforeEach
    void beginsAStream() {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set("transfer-encoding", "chunked");
        client.writeOutbound(head);
        sent();
    }

    @Test
    void sendsAnEventInOneBuffer() {
        client.writeOutbound(
                bytes("data: {}\n\n"),
                new DefaultHttpContent(bytes("data: [DONE]\n\n")),
                LastHttpContent.EMPTY_LAST_CONTENT);

        assertThat(sent()).isEqualTo("a\r\ndata: {}\n\n\r\n");
        assertThat(sent()).isEqualTo("e\r\ndata: [DONE]\n\n\r\n");
        assertThat(sent()).isEqualTo("0\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 255, 256, 4095, 4096, 8192})
    void framesChunksOfAnySize(int bytes) {
        client.writeOutbound(bytes("x".repeat(bytes)));

        assertThat(sent()).isEqualTo(Integer.toHexString(bytes) + "\r\n" + "x".repeat(bytes) + "\r\n");
    }

    @Test
    void framesNoChunksOfAResponseWithLength() {
        client.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
        sent();
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set("content-length", "10");
        client.writeOutbound(head, bytes("data: {}\n\n"), LastHttpContent.EMPTY_LAST_CONTENT);

        assertThat(sent()).isEqualTo("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
        assertThat(sent()).isEqualTo("data: {}\n\n");
    }

    @Test
    void sendsNoChunksAfterHead() {
        client.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
        sent();
        client.writeInbound(bytes("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n"));
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set("transfer-encoding", "chunked");
        client.writeOutbound(head, bytes("data: {}\n\n"), LastHttpContent.EMPTY_LAST_CONTENT);

        assertThat(sent()).isEqualTo("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        assertThat(sent()).isEmpty();
        assertThat(sent()).isEmpty();
    }

    @Test
    void doesNotCopyALargeChunk() {
        ByteBuf chunk = bytes("x".repeat(0x10000));
        client.writeOutbound(chunk);

        assertThat(sent()).isEqualTo("10000\r\n");
        assertThat(client.<ByteBuf>readOutbound()).isSameAs(chunk);
        chunk.release();
        assertThat(sent()).isEqualTo("\r\n");
    }

    @Test
    void leavesFilesToTheChannel() {
        client.writeOutbound(new DefaultFileRegion(new File("none"), 0, 10));

        assertThat(sent()).isEqualTo("a\r\n");
        assertThat(client.<Object>readOutbound()).isInstanceOf(DefaultFileRegion.class);
        assertThat(sent()).isEqualTo("\r\n");
    }

    private String sent() {
        ByteBuf piece = client.readOutbound();
        String text = piece.toString(US_ASCII);
        piece.release();
        return text;
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }
}
