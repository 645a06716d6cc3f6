package dev.warmlane.settings;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * An identity provider. Its tokens are JWTs, signed by a key of its set, not expired, and meant for this audience.
 *
 * @param issuerUri what tokens name as their issuer, and where the provider describes itself; empty: not checked
 * @param jwkSetUri where its keys are; empty: where the issuer says
 * @param audiences whom tokens must be meant for, one of these
 * @param algorithms how tokens may be signed
 * @param tenantClaim the claim that names the tenant; empty: each subject is a tenant of its own
 * @param groupClaim the claim that lists the groups of the bearer
 * @param groups what groups may do, the first that a bearer is in counts and who is in none does not come in: name, tenant,
 *     models, requests-per-minute, tokens-per-minute, priority; none set: everybody may do everything
 * @param timeout how long one response of the provider may take
 */
public record OidcSettings(
        @DefaultValue("") String issuerUri,
        @DefaultValue("") String jwkSetUri,
        @DefaultValue List<String> audiences,
        @DefaultValue({"RS256", "ES256"}) List<String> algorithms,
        @DefaultValue("") String tenantClaim,
        @DefaultValue("groups") String groupClaim,
        @DefaultValue List<GroupSettings> groups,
        @DefaultValue("5s") Duration timeout) {

    private static final List<String> ALGORITHMS =
            List.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512");

    public OidcSettings {
        checkUri("warmlane.auth.oidc.issuer-uri", issuerUri);
        checkUri("warmlane.auth.oidc.jwk-set-uri", jwkSetUri);
        if (audiences.isEmpty() && !(issuerUri.isEmpty() && jwkSetUri.isEmpty())) {
            throw new InvalidSettingException(
                    "warmlane.auth.oidc.audiences", "[]", "what tokens for this gateway name as their audience");
        }
        if (algorithms.isEmpty() || !ALGORITHMS.containsAll(algorithms)) {
            throw new InvalidSettingException(
                    "warmlane.auth.oidc.algorithms", algorithms, "some of " + String.join(", ", ALGORITHMS));
        }
        for (int i = 0; i < groups.size(); i++) {
            groups.get(i).check("warmlane.auth.oidc.groups[" + i + "]");
        }
        Check.positive("warmlane.auth.oidc.timeout", timeout);
    }

    /** Whether tokens are accepted. */
    public boolean enabled() {
        return !issuerUri.isEmpty() || !jwkSetUri.isEmpty();
    }

    private static void checkUri(String key, String uri) {
        if (!uri.isEmpty() && !uri.startsWith("https://") && !uri.startsWith("http://")) {
            throw new InvalidSettingException(key, uri, "a URL such as https://id.example.org");
        }
        try {
            URI.create(uri);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(key, uri, "a URL such as https://id.example.org");
        }
    }
}
