package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedRequestsTest {
    private final Map<String, Integer> refused = new HashMap<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new MalformedRequests((id, error) -> refused.put(id, error.status().value())));

    @ParameterizedTest
    @CsvSource({
        "/v1/models, /v1/models",
        "/v1/models?a=http://b/c, /v1/models",
        "http://host:1/v1/models?a, /v1/models",
        "http://host, /",
        "/v1/http://host/pause, /v1/http://host/pause",
        "*, *"
    })
    void readsThePathOfEveryFormOfTarget(String target, String path) {
        assertThat(MalformedRequests.pathOf(target)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/models?q=%20[]", "http://host/v1/models"})
    void letsPlainTargetsPass(String target) {
        assertThat(received(target)).isEqualTo(target);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/models?q=%20{}+, /v1/models?q=%20%7B%7D+#q%3D%2520%7B%7D%2B",
        "http://host/v1/models?%zz, http://host/v1/models?%25zz#%25zz"
    })
    void remembersTheSpellingOfAQueryThatIsNoUris(String target, String uri) {
        assertThat(received(target)).isEqualTo(uri);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models?a#b", "/v1/models?#", "/v1/models?{#a", "/v1/models?\u00e9"})
    void refusesAQueryThatNoEngineTakesAsItIs(String target) {
        assertThat(receive(target, "host").decoderResult().isFailure()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/\\pause", "/%zz", "/;/pause", "http://host/\\pause"})
    void leadsAllOthersNowhere(String target) {
        assertThat(received(target)).isEqualTo("/%2F");
        assertThat(PublicPort.isPlain("/%2F")).isFalse();
    }

    @Test
    void failsWhatIsRefusedAndSaysWhyInTheAnswer() {
        assertThat(receive("http://other/v1/models", "host").decoderResult().isFailure())
                .isTrue();
        FullHttpResponse sent = sent(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST));
        assertThat(sent.content().toString(StandardCharsets.UTF_8))
                .contains("Host (expected: that of the request's target)");
        sent.release();
    }

    @Test
    void explainsAnErrorThatSaysNothing() {
        FullHttpResponse bare =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE);
        bare.headers().set("connection", "close");
        FullHttpResponse sent = sent(bare);
        assertThat(sent.status().code()).isEqualTo(431);
        assertThat(sent.content().toString(StandardCharsets.UTF_8))
                .contains("\"code\":\"request_header_fields_too_large\"");
        assertThat(sent.headers().getInt("content-length"))
                .isEqualTo(sent.content().readableBytes());
        String id = sent.headers().get("x-request-id");
        assertThat(id).hasSize(32);
        assertThat(refused).isEqualTo(Map.of(id, 431));
        assertThat(sent.headers().get("connection")).isEqualTo("close");
        assertThat(bare.refCnt()).isZero();
        sent.release();
    }

    @Test
    void leavesAnErrorOfAnEngineAlone() {
        FullHttpResponse empty = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST);
        empty.headers().set("x-request-id", "1");
        assertThat(sent(empty)).isSameAs(empty);
        assertThat(refused).isEmpty();
        empty.release();
    }

    private String received(String target) {
        HttpRequest received = receive(target, "host");
        assertThat(received.decoderResult().isSuccess()).isTrue();
        return received.uri();
    }

    private HttpRequest receive(String target, String host) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, target);
        request.headers().set("host", host);
        channel.writeInbound(request);
        return channel.readInbound();
    }

    private FullHttpResponse sent(FullHttpResponse response) {
        channel.writeOutbound(response);
        return channel.readOutbound();
    }
}
