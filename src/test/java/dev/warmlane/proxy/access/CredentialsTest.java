package dev.warmlane.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.access.Authenticator.Credentials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class CredentialsTest {
    private static final String CHAT = "/v1/chat/completions";

    private final HttpHeaders headers = new HttpHeaders();

    @ParameterizedTest
    @ValueSource(strings = {"Bearer k", "bearer k", "BEARER  k "})
    void aBearerIsTaken(String authorization) {
        headers.add("Authorization", authorization);
        assertThat(Credentials.of(headers, CHAT)).isEqualTo("k");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Basic azpr", "k", "Bearerk"})
    void anythingElseIsNone(String authorization) {
        headers.add("Authorization", authorization);
        assertThat(Credentials.of(headers, CHAT)).isNull();
    }

    @Test
    void ofTwoNoneIsTaken() {
        headers.add("Authorization", "Bearer k");
        headers.add("Authorization", "Bearer l");
        assertThat(Credentials.of(headers, CHAT)).isNull();
    }

    @Test
    void anthropicsHeaderCountsOnAnthropicsPaths() {
        headers.add("x-api-key", "k");
        assertThat(Credentials.of(headers, "/v1/messages")).isEqualTo("k");
        assertThat(Credentials.of(headers, "/v1/messages/count_tokens")).isEqualTo("k");
        assertThat(Credentials.of(headers, CHAT)).isNull();
        headers.add("Authorization", "Bearer l");
        assertThat(Credentials.of(headers, "/v1/messages")).isEqualTo("l");
    }
}
