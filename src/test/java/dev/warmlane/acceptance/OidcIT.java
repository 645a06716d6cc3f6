package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.IdentityProvider;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of a real identity provider, good ones and the usual forgeries, beside API keys. */
class OidcIT {
    @TempDir
    private static Path folder;

    private static SimulatedFleet fleet;
    private static IdentityProvider provider;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() throws IOException {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        provider = IdentityProvider.start();
        String[] keys = HashedKeys.settings(folder, HashedKeys.entry("a-key", "key-a", "tenant: acme"));
        String[] oidc = {
            "warmlane.auth.oidc.issuer-uri=" + provider.issuer(),
            "warmlane.auth.oidc.audiences=" + IdentityProvider.AUDIENCE,
            "warmlane.auth.oidc.tenant-claim=org",
            "warmlane.auth.oidc.groups[0].name=research",
            "warmlane.auth.oidc.groups[0].requests-per-minute=1000",
            "warmlane.auth.oidc.groups[1].name=guests",
            "warmlane.auth.oidc.groups[1].models=other",
            "warmlane.auth.oidc.groups[1].tenant=guests"
        };
        gateway = RunningGateway.inFrontOf(
                fleet, Stream.concat(Arrays.stream(keys), Arrays.stream(oidc)).toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        provider.close();
        fleet.close();
    }

    @Test
    void aGoodTokenComesIn() {
        assertThat(status(provider.token(good().build()))).isEqualTo(200);
    }

    @Test
    void aKeyComesInBesideTokens() {
        assertThat(status("key-a")).isEqualTo(200);
    }

    @Test
    void anExpiredTokenDoesNot() {
        Date past = Date.from(Instant.now().minus(Duration.ofMinutes(2)));
        assertThat(status(provider.token(good().expirationTime(past).build()))).isEqualTo(401);
        assertThat(status(provider.token(good().expirationTime(null).build()))).isEqualTo(401);
    }

    @Test
    void aTokenThatIsNotYetValidDoesNot() {
        Date future = Date.from(Instant.now().plus(Duration.ofMinutes(2)));
        assertThat(status(provider.token(good().notBeforeTime(future).build()))).isEqualTo(401);
    }

    @Test
    void aTokenForSomebodyElseDoesNot() {
        assertThat(status(provider.token(good().audience("another").build()))).isEqualTo(401);
        assertThat(status(provider.token(good().audience((String) null).build())))
                .isEqualTo(401);
        assertThat(status(provider.token(good().issuer("http://another").build())))
                .isEqualTo(401);
    }

    @Test
    void aTokenThatTheProviderDidNotSignDoesNot() {
        JWTClaimsSet claims = good().build();
        assertThat(status(IdentityProvider.unsigned(claims))).isEqualTo(401);
        assertThat(status(provider.forged(claims))).isEqualTo(401);
        assertThat(status(provider.confused(claims))).isEqualTo(401);
        String token = provider.token(claims);
        assertThat(status(token.substring(0, token.lastIndexOf('.') + 1))).isEqualTo(401);
        assertThat(status("a.b.c")).isEqualTo(401);
    }

    @Test
    void madeUpKeyNamesDoNotFloodTheProvider() {
        int before = provider.keyRequests();
        long begin = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            assertThat(status(provider.ofUnlistedKey(good().build(), "made-up-" + i)))
                    .isEqualTo(401);
        }
        // Twice in half a minute, however long a busy machine takes.
        long halfMinutes = 1 + (System.nanoTime() - begin) / 30_000_000_000L;
        assertThat((long) provider.keyRequests() - before).isLessThanOrEqualTo(2 * halfMinutes);
        assertThat(status(provider.token(good().build()))).isEqualTo(200);
    }

    @Test
    void theFirstGroupThatABearerIsInSaysWhatItMay() {
        HttpResponse<String> guest = chat(provider.token(
                good().claim("groups", List.of("guests", "others")).build()));
        assertThat(guest.statusCode()).isEqualTo(403);
        assertThat(ChatClient.json(guest).at("/error/code").asString()).isEqualTo("model_not_allowed");
        assertThat(status(provider.token(
                        good().claim("groups", List.of("guests", "research")).build())))
                .isEqualTo(200);
    }

    @Test
    void whoIsOfNoGroupOrNoTenantIsForbidden() {
        assertThat(status(
                        provider.token(good().claim("groups", List.of("others")).build())))
                .isEqualTo(403);
        assertThat(status(provider.token(good().claim("groups", null).build()))).isEqualTo(403);
        assertThat(status(provider.token(good().claim("org", null).build()))).isEqualTo(403);
    }

    @Test
    void aTokensTenantIsThatOfTheKeyWithTheSameTenant() {
        String prompt = ChatClient.text(1000, "of acme");
        chat("key-a", prompt);
        assertThat(cachedTokens(chat(provider.token(good().claim("org", "acme").build()), prompt)))
                .isGreaterThan(900);
        assertThat(cachedTokens(chat(provider.token(good().claim("org", "other").build()), prompt)))
                .isZero();
        assertThat(cachedTokens(
                        chat(provider.token(good().claim("org", "key:a-key").build()), prompt)))
                .isZero();
    }

    private static JWTClaimsSet.Builder good() {
        return provider.claims("somebody").claim("groups", List.of("research")).claim("org", "acme");
    }

    private int status(String credential) {
        return chat(credential).statusCode();
    }

    private HttpResponse<String> chat(String credential) {
        return chat(credential, "hi");
    }

    private HttpResponse<String> chat(String credential, String text) {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                ChatClient.body(text),
                Map.of("Authorization", "Bearer " + credential));
    }

    private static long cachedTokens(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ChatClient.json(response)
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asLong(0);
    }
}
