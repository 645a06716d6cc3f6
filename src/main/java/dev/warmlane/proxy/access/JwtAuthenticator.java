package dev.warmlane.proxy.access;

import dev.warmlane.proxy.access.Authenticator.AccessException;
import dev.warmlane.proxy.access.Identity.Allowance;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import reactor.core.publisher.Mono;

/**
 * Knows bearers by the tokens of an identity provider. What is checked of a token is the decoder's business; here its claims
 * become an identity.
 */
public final class JwtAuthenticator implements Authenticator {
    private static final String NAME = "oidc";

    private final ReactiveJwtDecoder decoder;
    private final String tenantClaim;
    private final String groupClaim;
    private final List<Group> groups;

    /**
     * What the members of a group may do.
     *
     * @param name as tokens list it
     * @param tenant the tenant that they are, or null to take what the token says
     */
    public record Group(String name, @Nullable String tenant, Allowance allowance) {}

    /**
     * @param tenantClaim the claim that names the tenant; empty: each subject is a tenant of its own
     * @param groups in their order, the first that a bearer is in counts; none: everybody may do everything
     */
    public JwtAuthenticator(ReactiveJwtDecoder decoder, String tenantClaim, String groupClaim, List<Group> groups) {
        this.decoder = decoder;
        this.tenantClaim = tenantClaim;
        this.groupClaim = groupClaim;
        this.groups = List.copyOf(groups);
    }

    @Override
    public Mono<Identity> authenticate(String credential) {
        if (!isJwt(credential)) {
            return Mono.empty();
        }
        return decoder.decode(credential)
                .map(this::identity)
                .onErrorResume(BadJwtException.class, bad -> Mono.empty())
                .onErrorMap(
                        failure -> !(failure instanceof AccessException),
                        failure -> new AccessException(
                                AccessException.Reason.UNAVAILABLE, "The identity provider does not answer."));
    }

    /** Three parts, two dots: anything else is not worth a look at the provider's keys. */
    private static boolean isJwt(String credential) {
        return credential.chars().filter(c -> c == '.').count() == 2;
    }

    private Identity identity(Jwt token) {
        String subject = token.getSubject();
        if (subject == null || subject.isEmpty()) {
            throw forbidden("The token has no subject.");
        }
        if (groups.isEmpty()) {
            return new Identity(NAME, "sub:" + subject, tenant(token, subject, null), Allowance.UNLIMITED);
        }
        List<String> memberships = memberships(token);
        for (Group group : groups) {
            if (memberships.contains(group.name())) {
                return new Identity(
                        group.name(), "sub:" + subject, tenant(token, subject, group.tenant()), group.allowance());
            }
        }
        throw forbidden("The token is of no group that may use this gateway.");
    }

    private List<String> memberships(Jwt token) {
        Object claim = token.getClaim(groupClaim);
        if (claim instanceof List<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        return claim instanceof String one ? List.of(one) : List.of();
    }

    private String tenant(Jwt token, String subject, @Nullable String ofGroup) {
        if (ofGroup != null) {
            return "tenant:" + ofGroup;
        }
        if (tenantClaim.isEmpty()) {
            return "sub:" + subject;
        }
        if (token.getClaim(tenantClaim) instanceof String tenant && !tenant.isEmpty()) {
            return "tenant:" + tenant;
        }
        throw forbidden("The token names no tenant.");
    }

    private static AccessException forbidden(String message) {
        return new AccessException(AccessException.Reason.FORBIDDEN, message);
    }
}
