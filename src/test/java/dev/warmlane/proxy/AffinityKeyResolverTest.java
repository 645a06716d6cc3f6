package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.settings.AffinitySettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpCookie;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

class AffinityKeyResolverTest {
    private static final List<String> ALL_KEYS = List.of("session", "client-ip", "prompt-prefix");
    private static final PromptBlocks PROMPT = PromptBlocks.of(new long[] {1, 2, 3}, 256, 800);
    private static final Supplier<PromptBlocks> MUST_NOT_BE_READ = () -> {
        throw new AssertionError("prompt was read");
    };

    @Test
    void theFirstConfiguredKeyThatTheRequestHasDecides() {
        MockServerHttpRequest request = request().header("x-session-id", "s").build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, request, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "s"));
        assertThat(resolver(List.of("client-ip", "session")).resolve("p", null, request, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.CLIENT_IP, "203.0.113.7"));
    }

    @Test
    void theFirstSessionHeaderThatSaysSomethingDecides() {
        MockServerHttpRequest request = request()
                .header("x-other", "second")
                .header("x-session-id", "  ")
                .build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, request, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "second"));
    }

    @Test
    void aHeaderGoesBeforeTheCookieAndTheCookieMeansTheSameSession() {
        MockServerHttpRequest both = request()
                .header("x-other", "of the header")
                .header("Cookie", "session_id=of-the-cookie")
                .cookie(new HttpCookie("session_id", "of-the-cookie"))
                .build();
        MockServerHttpRequest cookie = request()
                .header("Cookie", "session_id=of-the-cookie")
                .cookie(new HttpCookie("session_id", "of-the-cookie"))
                .build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, both, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "of the header"));
        assertThat(resolver(ALL_KEYS).resolve("p", null, cookie, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "of-the-cookie"));
    }

    @Test
    void aTrustedProxyIsBelievedAndASharedNetworkSaysNothing() {
        MockServerHttpRequest proxied =
                request("10.0.0.1").header("X-Forwarded-For", "198.51.100.9").build();
        MockServerHttpRequest shared =
                request("10.0.0.1").header("X-Forwarded-For", "192.0.2.1").build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, proxied, MUST_NOT_BE_READ))
                .isEqualTo(AffinityKey.of("p", KeySource.CLIENT_IP, "198.51.100.9"));
        assertThat(resolver(ALL_KEYS).resolve("p", null, shared, () -> PROMPT)).isEqualTo(AffinityKey.promptPrefix(3));
    }

    @Test
    void nothingTiesARequestWithoutAnyOfTheKeys() {
        AffinityKey key = resolver(List.of("session", "prompt-prefix"))
                .resolve("p", null, request().build(), () -> PromptBlocks.EMPTY);
        assertThat(key.source()).isEqualTo(KeySource.NONE);
        assertThat(resolver(List.of())
                        .resolve("p", null, request().build(), MUST_NOT_BE_READ)
                        .source())
                .isEqualTo(KeySource.NONE);
    }

    private static MockServerHttpRequest.BaseBuilder<?> request() {
        return request("203.0.113.7");
    }

    private static MockServerHttpRequest.BaseBuilder<?> request(String peer) {
        return MockServerHttpRequest.get("/v1/models").remoteAddress(new InetSocketAddress(peer, 1));
    }

    private static AffinityKeyResolver resolver(List<String> keys) {
        return new AffinityKeyResolver(new AffinitySettings(
                keys,
                new AffinitySettings.Session(List.of("x-session-id", "x-other"), "session_id"),
                new AffinitySettings.ClientIp(List.of("10.0.0.0/8"), List.of("192.0.2.0/24")),
                Duration.ofHours(2),
                10));
    }
}
