package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.settings.AffinitySettings;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpCookie;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

class AffinityKeyResolverTest {
    private static final List<String> ALL_KEYS = List.of("session", "client-ip", "prompt-prefix");
    /** Its prompt cannot be asked for without an error. */
    private static final RequestBody UNREADABLE = body("no JSON");

    private static final String PROMPT = "\"prompt\":\"%s\"".formatted("x".repeat(800));

    @Test
    void theFirstConfiguredKeyThatTheRequestHasDecides() {
        MockServerHttpRequest request = request().header("x-session-id", "s").build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, request, UNREADABLE))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "s"));
        assertThat(resolver(List.of("client-ip", "session")).resolve("p", null, request, UNREADABLE))
                .isEqualTo(AffinityKey.of("p", KeySource.CLIENT_IP, "203.0.113.7"));
    }

    @Test
    void theFirstSessionHeaderThatSaysSomethingDecides() {
        MockServerHttpRequest request = request()
                .header("x-other", "second")
                .header("x-session-id", "  ")
                .build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, request, UNREADABLE))
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
        assertThat(resolver(ALL_KEYS).resolve("p", null, both, UNREADABLE))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "of the header"));
        assertThat(resolver(ALL_KEYS).resolve("p", null, cookie, UNREADABLE))
                .isEqualTo(AffinityKey.of("p", KeySource.SESSION, "of-the-cookie"));
    }

    @Test
    void aTrustedProxyIsBelievedAndASharedNetworkSaysNothing() {
        MockServerHttpRequest proxied =
                request("10.0.0.1").header("X-Forwarded-For", "198.51.100.9").build();
        MockServerHttpRequest shared =
                request("10.0.0.1").header("X-Forwarded-For", "192.0.2.1").build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, proxied, UNREADABLE))
                .isEqualTo(AffinityKey.of("p", KeySource.CLIENT_IP, "198.51.100.9"));
        RequestBody prompted = body("{" + PROMPT + "}");
        assertThat(resolver(ALL_KEYS).resolve("p", null, shared, prompted))
                .isEqualTo(AffinityKey.promptPrefix(prompted.prompt().hash(2)));
    }

    @Test
    void nothingTiesARequestWithoutAnyOfTheKeys() {
        AffinityKey key = resolver(List.of("session", "prompt-prefix"))
                .resolve("p", null, request().build(), body("{}"));
        assertThat(key.source()).isEqualTo(KeySource.NONE);
        assertThat(resolver(List.of())
                        .resolve("p", null, request().build(), UNREADABLE)
                        .source())
                .isEqualTo(KeySource.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'prompt_cache_key':'second','session_id':'first'} | first",
                "{'session_id':7,'prompt_cache_key':'second'} | second",
                "{'session_id':' ','prompt_cache_key':'second'} | second",
                "{'metadata':{'user_id':'user_1_account_2_session_3-4'}} | 3-4",
                "{'metadata':{'user_id':'{\\\"device_id\\\":\\\"d\\\",\\\"session_id\\\":\\\"5-6\\\"}'}} | 5-6"
            })
    void aFieldOfTheBodyNamesTheSessionThatNoHeaderNames(String fields, String session) {
        RequestBody body = body(fields.replace('\'', '"'));
        assertThat(resolver(ALL_KEYS).resolve("p", null, request().build(), body))
                .isEqualTo(AffinityKey.of("p", KeySource.BODY_SESSION, session));
        MockServerHttpRequest named =
                request().header("x-session-id", "of the header").build();
        assertThat(resolver(ALL_KEYS).resolve("p", null, named, body).source()).isEqualTo(KeySource.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata':{'user_id':'somebody'}}",
                "{'metadata':{'user_id':'{}'}}",
                "{'metadata':'session_id','vllm_xargs':{'session_id':'not looked for here'}}",
                "{'messages':[{'session_id':'in a message'}]}"
            })
    void whatNamesNoSessionIsNone(String fields) {
        RequestBody body = body(fields.replace('\'', '"'));
        assertThat(resolver(ALL_KEYS)
                        .resolve("p", null, request().build(), body)
                        .source())
                .isEqualTo(KeySource.CLIENT_IP);
    }

    private static RequestBody body(String text) {
        BufferedBody buffered = new BufferedBody(new BodyBudget(4096), 4096, -1);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        buffered.append(bytes, bytes.length);
        return new RequestBody(buffered, "application/json", null);
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
                new AffinitySettings.Session(
                        List.of("x-session-id", "x-other"),
                        "session_id",
                        List.of("session_id", "prompt_cache_key", "metadata.user_id")),
                new AffinitySettings.ClientIp(List.of("10.0.0.0/8"), List.of("192.0.2.0/24")),
                Duration.ofHours(2),
                10));
    }
}
