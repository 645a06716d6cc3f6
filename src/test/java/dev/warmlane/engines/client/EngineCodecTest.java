package dev.warmlane.engines.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.EngineClient.EngineCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import org.junit.jupiter.api.Test;

class EngineCodecTest {
    private final EmbeddedChannel connection = new EmbeddedChannel(new EngineCodec(new HttpDecoderConfig()));

    @Test
    void sendsASmallRequestInOneBuffer() {
        connection.writeOutbound(request(HttpMethod.POST, "x".repeat(2000)));

        assertThat(sent()).isEqualTo("POST / HTTP/1.1\r\ncontent-length: 2000\r\n\r\n" + "x".repeat(2000));
        assertThat(connection.<Object>readOutbound()).isNull();
    }

    @Test
    void doesNotCopyALargeBody() {
        ByteBuf large = Unpooled.directBuffer().writeBytes("x".repeat(100_000).getBytes(US_ASCII));
        FullHttpRequest request = request(HttpMethod.POST, large);
        connection.writeOutbound(request);

        assertThat(sent()).isEqualTo("POST / HTTP/1.1\r\ncontent-length: 100000\r\n\r\n");
        ByteBuf body = connection.readOutbound();
        assertThat(body).isSameAs(large);
        body.release();
    }

    @Test
    void sendsABodyThatIsCopiedAnyhowInOneBuffer() {
        connection.writeOutbound(request(HttpMethod.POST, "x".repeat(100_000)));

        assertThat(sent()).isEqualTo("POST / HTTP/1.1\r\ncontent-length: 100000\r\n\r\n" + "x".repeat(100_000));
        assertThat(connection.<Object>readOutbound()).isNull();
    }

    @Test
    void writesHeadersLikeNetty() {
        FullHttpRequest request = request(HttpMethod.POST, "x");
        request.headers()
                .set("x-empty", "")
                .add("X-Twice", "one")
                .add("X-Twice", new AsciiString("two"))
                .set(HttpHeaderNames.HOST, "\u00fc-\u010d\u020a");
        HttpRequestEncoder netty = new HttpRequestEncoder();
        EmbeddedChannel asNetty = new EmbeddedChannel(netty);
        asNetty.writeOutbound(request.copy());
        connection.writeOutbound(request);

        ByteBuf expected = asNetty.readOutbound();
        ByteBuf actual = connection.readOutbound();
        assertThat(actual).isEqualTo(expected);
        expected.release();
        actual.release();
    }

    @Test
    void keepsNothingOfARequestThatCannotBeSent() {
        FullHttpRequest request =
                new DefaultFullHttpRequest(
                        HttpVersion.HTTP_1_1, HttpMethod.POST, "/", bytes("x"), headers(), headers()) {
                    @Override
                    public String uri() {
                        throw new IllegalStateException("no target");
                    }
                };

        assertThatThrownBy(() -> connection.writeOutbound(request)).hasMessageContaining("no target");
        assertThat(request.refCnt()).isZero();
    }

    @Test
    void waitsForNoBodyAfterHead() {
        connection.writeOutbound(request(HttpMethod.HEAD, ""));
        sent();

        connection.writeInbound(bytes("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"));

        assertThat(connection.<HttpResponse>readInbound().status().code()).isEqualTo(103);
        assertThat(connection.<Object>readInbound()).isInstanceOf(LastHttpContent.class);
        assertThat(connection.<HttpResponse>readInbound().status().code()).isEqualTo(200);
        assertThat(connection.<Object>readInbound()).isInstanceOf(LastHttpContent.class);
    }

    @Test
    void readsABodyAfterARequestThatFollowsHead() {
        connection.writeOutbound(request(HttpMethod.HEAD, ""));
        sent();
        connection.writeInbound(bytes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"));
        connection.releaseInbound();
        connection.writeOutbound(request(HttpMethod.POST, ""));
        sent();

        connection.writeInbound(bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));

        assertThat(connection.<HttpResponse>readInbound().status().code()).isEqualTo(200);
        HttpContent body = connection.readInbound();
        assertThat(body.content().toString(US_ASCII)).isEqualTo("ok");
        body.release();
    }

    private static FullHttpRequest request(HttpMethod method, String body) {
        return request(method, bytes(body));
    }

    private static FullHttpRequest request(HttpMethod method, ByteBuf body) {
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, "/", body);
        request.headers().set("content-length", body.readableBytes());
        return request;
    }

    private static HttpHeaders headers() {
        return new DefaultHttpHeaders().set("content-length", "1");
    }

    private String sent() {
        ByteBuf piece = connection.readOutbound();
        String text = piece.toString(US_ASCII);
        piece.release();
        return text;
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }
}
