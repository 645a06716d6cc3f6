package dev.warmlane.proxy.access;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/** Tells who shows a credential. Safe for concurrent use; never blocks. */
@FunctionalInterface
public interface Authenticator {

    /**
     * Who shows this credential; empty if nobody is known by it. Fails with {@link AccessException} where it is known and may
     * not come in, or where that cannot be told now.
     *
     * @param credential what follows {@code Bearer}
     */
    Mono<Identity> authenticate(String credential);

    /** Asks the other one whom this one does not know. */
    default Authenticator or(Authenticator other) {
        return credential -> authenticate(credential).switchIfEmpty(Mono.defer(() -> other.authenticate(credential)));
    }

    /** Why a credential does not let its bearer in, beyond being unknown. The message is for the client. */
    final class AccessException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Reason reason;

        /** What stands in the way. */
        public enum Reason {
            /** The credential is good, and its bearer has nothing to do here. */
            FORBIDDEN,
            /** Whoever could tell does not answer. */
            UNAVAILABLE
        }

        AccessException(Reason reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }

    /** Where clients put their key or token: {@code Authorization: Bearer}, or Anthropic's header on Anthropic's paths. */
    final class Credentials {
        /** Anthropic's header. */
        public static final String API_KEY_HEADER = "x-api-key";

        private static final String BEARER = "Bearer ";
        private static final String ANTHROPIC_PATH = "/v1/messages";

        private Credentials() {}

        /** The credential of a request; null if it has none, or several, of which none could be preferred. */
        public static @Nullable String of(HttpHeaders headers, String path) {
            List<String> authorization = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
            if (authorization.size() > 1) {
                return null;
            }
            if (authorization.size() == 1) {
                return bearer(authorization.get(0));
            }
            List<String> apiKeys = path.startsWith(ANTHROPIC_PATH) ? headers.getOrEmpty(API_KEY_HEADER) : List.of();
            return apiKeys.size() == 1 ? apiKeys.get(0) : null;
        }

        private static @Nullable String bearer(String value) {
            if (!value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                return null;
            }
            String credential = value.substring(BEARER.length()).strip();
            return credential.isEmpty() ? null : credential;
        }
    }
}
