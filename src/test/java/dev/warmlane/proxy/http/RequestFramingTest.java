package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.error.ApiException;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestFramingTest {

    @ParameterizedTest
    @ValueSource(strings = {"g", "G:8080", "g:", "[::1]", "[::1]:8080", "10.0.0.1", "a-b_c.example", ""})
    void takesEveryHost(String host) {
        assertThat(RequestFraming.refusal(request("/v1/models", "Host", host))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "http://g/v1/models, g",
        "http://G:80/v1/models, g:80",
        "http://g, G",
        "http://g?a=b, g",
        "/v1/http://elsewhere, g",
        "/v1/models?url=http://elsewhere, g"
    })
    void takesTargetsThatAreForTheHost(String target, String host) {
        assertThat(RequestFraming.refusal(request(target, "Host", host))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "http://h/v1/models, g",
        "http://g:80/v1/models, g",
        "http://gg/v1/models, g",
        "http://g/v1/models, gg",
        "http://u@g/v1/models, g",
        "http:///v1/models, g"
    })
    void refusesTargetsThatAreForAnotherHost(String target, String host) {
        assertThat(status(request(target, "Host", host))).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {":80", "g:80:80", "g:a", "g:123456", "[::1", "[]", "[::1]80", "[::1]:a", "[g]", "g]", "u@g"})
    void refusesHostsThatAreNone(String host) {
        assertThat(status(request("/v1/models", "Host", host))).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"v1/models", "g:80", "*", "ftp://g/v1/models", "http:/v1/models", "://g/", "\\v1", "?a", ""})
    void refusesTargetsOfOtherForms(String target) {
        assertThat(status(request(target, "Host", "g"))).isEqualTo(400);
    }

    @Test
    void namesFewHeadersOfTheConnection() {
        assertThat(RequestFraming.refusal(request("/", "Host", "g", "Connection", "a,".repeat(500))))
                .isNull();
        assertThat(status(request("/", "Host", "g", "Connection", "a,".repeat(600))))
                .isEqualTo(400);
    }

    @Test
    void aHostIsNamedOnceAndMayBeMissingInHttp10() {
        assertThat(status(request("/", "Host", "g", "host", "g"))).isEqualTo(400);
        assertThat(status(request("/"))).isEqualTo(400);
        assertThat(RequestFraming.refusal(new DefaultHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.GET, "/")))
                .isNull();
    }

    @Test
    void framingIsSpelledPlainly() {
        assertThat(RequestFraming.refusal(request("/", "Host", "g", "Content-Length", "10")))
                .isNull();
        assertThat(RequestFraming.refusal(request("/", "Host", "g", "Transfer-Encoding", "Chunked")))
                .isNull();
        assertThat(RequestFraming.refusal(request("/", "Host", "g", "Content-Length", "0")))
                .isNull();
        for (String length : new String[] {"1 0", "010", "00", "+10", "10,10", "", "1" + "0".repeat(18)}) {
            assertThat(status(request("/", "Host", "g", "Content-Length", length)))
                    .as(length)
                    .isEqualTo(400);
        }
        assertThat(status(request("/", "Host", "g", "Transfer-Encoding", "chunked,")))
                .isEqualTo(400);
    }

    @Test
    void nobodyIsExpectedToDoWhatNobodyDoes() {
        assertThat(RequestFraming.refusal(request("/", "Host", "g", "Expect", "100-Continue")))
                .isNull();
        assertThat(status(request("/", "Host", "g", "Expect", "the unexpected")))
                .isEqualTo(417);
    }

    private static int status(HttpRequest request) {
        ApiException refusal = RequestFraming.refusal(request);
        assertThat(refusal).isNotNull();
        return refusal.status().value();
    }

    private static HttpRequest request(String target, String... headers) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, target);
        for (int i = 0; i < headers.length; i += 2) {
            request.headers().add(headers[i], headers[i + 1]);
        }
        return request;
    }
}
