package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ties a request to an endpoint, behind a trusted proxy and with the client's address before the session. */
class AffinityKeysIT {
    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(3));
        gateway = RunningGateway.inFrontOf(
                fleet,
                "warmlane.affinity.keys=client-ip,session,prompt-prefix",
                "warmlane.affinity.client-ip.trusted-proxies=127.0.0.0/8,10.0.0.0/8",
                "warmlane.affinity.client-ip.shared-networks=192.0.2.0/24");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fleet.close();
    }

    @Test
    void theRightmostUntrustedAddressIsTheClient() {
        Map<String, String> direct = Map.of("X-Forwarded-For", "203.0.113.7");
        Map<String, String> forgedAndProxied =
                Map.of("X-Forwarded-For", "203.0.113.99, 203.0.113.7, 10.1.2.3", "x-session-id", "another");

        HttpResponse<String> first = chat("hello", direct);
        assertThat(affinity(first)).isEqualTo("client-ip;placed");

        HttpResponse<String> second = chat("something else", forgedAndProxied);
        assertThat(affinity(second)).isEqualTo("client-ip;bound");
        assertThat(endpoint(second)).isEqualTo(endpoint(first));
    }

    @Test
    void anAddressTiesConversationsNotWhatIsIndependent() {
        Map<String, String> address = Map.of("X-Forwarded-For", "203.0.113.80");
        String said = ChatClient.text(500, "a conversation");
        HttpResponse<String> first = chat(said, address);
        assertThat(affinity(first)).isEqualTo("prompt-prefix;placed");

        HttpResponse<String> next = chat(said + ChatClient.text(200, "what comes next"), address);
        assertThat(affinity(next)).isEqualTo("client-ip;bound");
        assertThat(endpoint(next)).isEqualTo(endpoint(first));

        Set<String> endpoints = new HashSet<>();
        for (int other = 0; other < 12; other++) {
            HttpResponse<String> response = chat(ChatClient.text(500, "independent " + other), address);
            assertThat(affinity(response)).startsWith("prompt-prefix;");
            endpoints.add(endpoint(response));
        }
        assertThat(endpoints).hasSizeGreaterThan(1);
    }

    @Test
    void anAddressThatManyShareSaysNothing() {
        assertThat(affinity(
                        chat("hello", Map.of("X-Forwarded-For", "192.0.2.1", "x-session-id", "of a shared network"))))
                .isEqualTo("session;placed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x-session-id", "session-id", "session_id", "x-claude-code-session-id", "x-session-affinity"})
    void everySessionHeaderBindsAndMeansTheSameSession(String header) {
        Set<String> endpoints = new HashSet<>();
        for (int turn = 0; turn < 4; turn++) {
            HttpResponse<String> response = chat("turn " + turn, Map.of(header, "one session"));
            assertThat(affinity(response)).startsWith("session;");
            endpoints.add(endpoint(response));
        }
        assertThat(endpoints).hasSize(1);
    }

    @Test
    void theFirstSessionHeaderThatIsPresentDecides() {
        String first = endpoint(chat("hello", Map.of("session-id", "first")));
        HttpResponse<String> both = chat("hello", Map.of("x-session-affinity", "second", "session-id", "first"));
        assertThat(affinity(both)).isEqualTo("session;bound");
        assertThat(endpoint(both)).isEqualTo(first);
    }

    @Test
    void aCookieBinds() {
        Map<String, String> cookie = Map.of("Cookie", "theme=dark; session_id=from-a-cookie");
        HttpResponse<String> first = chat("hello", cookie);
        assertThat(affinity(first)).isEqualTo("session;placed");
        HttpResponse<String> second = chat("again", cookie);
        assertThat(affinity(second)).isEqualTo("session;bound");
        assertThat(endpoint(second)).isEqualTo(endpoint(first));
    }

    @Test
    void withoutAnyOfThemThePromptDecides() {
        String prompt = ChatClient.text(2000, "a prompt of its own");
        HttpResponse<String> first = chat(prompt, Map.of());
        assertThat(affinity(first)).startsWith("prompt-prefix;");
        assertThat(endpoint(chat(prompt, Map.of()))).isEqualTo(endpoint(first));
    }

    @Test
    void aRouteWithoutAffinityGoesByLoadAlone() {
        HttpResponse<String> response = client.post(
                gateway.uri("/v1/embeddings"),
                "{\"model\":\"Qwen/Qwen3-0.6B\",\"input\":\"hello\"}",
                Map.of("x-session-id", "of embeddings"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(affinity(response)).startsWith("none;");
    }

    private HttpResponse<String> chat(String text, Map<String, String> headers) {
        HttpResponse<String> response =
                client.post(gateway.uri("/v1/chat/completions"), ChatClient.body(text), headers);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    private static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }
}
