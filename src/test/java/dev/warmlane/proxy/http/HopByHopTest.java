package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.upstream.UpstreamHeaders.HopByHop;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HopByHopTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "keep-alive",
                "Proxy-Authenticate",
                "PROXY-AUTHORIZATION",
                "proxy-connection",
                "Proxy",
                "HTTP2-Settings",
                "TE",
                "Trailer",
                "Transfer-Encoding",
                "upgrade"
            })
    void theHeadersOfTheConnectionNeverPass(String name) {
        assertThat(new HopByHop(List.of()).contains(name)).isTrue();
    }

    @Test
    void allOthersPass() {
        HopByHop hopByHop = new HopByHop(List.of("keep-alive"));
        assertThat(List.of("Authorization", "Content-Type", "x-session-id", "a-name-longer-than-all-of-them"))
                .noneMatch(hopByHop::contains);
    }

    @Test
    void whatConnectionNamesDoesNotPassWhicheverLineNamesIt() {
        HopByHop hopByHop = new HopByHop(List.of("close", "X-One ,x-two", "keep-alive,, X-Three"));
        assertThat(List.of("x-one", "X-TWO", "x-three")).allMatch(hopByHop::contains);
        assertThat(hopByHop.contains("x-four")).isFalse();
    }
}
