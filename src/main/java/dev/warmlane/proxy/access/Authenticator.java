package dev.warmlane.proxy.access;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/** Finds out who shows a credential. Safe for concurrent use; never blocks. */
@FunctionalInterface
public interface Authenticator {

    /**
     * Who shows this credential; empty if nobody is known by it. Fails with {@link AccessException} where it is known and may
     * not come in, or where that cannot be told now.
     *
     * @param credential what follows {@code Bearer}
     */
    Mono<Identity> authenticate(String credential);

    /** Asks the other one about credentials that this one does not know. */
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
            /** The identity provider does not respond. */
            UNAVAILABLE
        }

        AccessException(Reason reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }

        /** What stands in the way. */
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

    /**
     * Who sent a request. An attribute of the exchange from the moment that the client is known. Immutable.
     *
     * @param name what the settings call it: the key's name, or the group of the token's bearer; fit for logs and metrics
     * @param client whom limits are counted for and queues are fair to; can name a person, so it is never shown
     * @param tenant whose cache and sessions it shares; never shown either
     * @param allowance what it may do
     */
    record Identity(String name, String client, String tenant, Allowance allowance) {
        /** The name of the exchange attribute; absent while nobody is asked who they are. */
        public static final String ATTRIBUTE = Identity.class.getName();

        /** The name alone. */
        @Override
        public String toString() {
            return "Identity[" + name + "]";
        }

        /**
         * What a client may do. Immutable.
         *
         * @param models the models it may use; empty: all
         * @param requestsPerMinute requests it may send in a minute; 0: any number
         * @param tokensPerMinute prompt and generated tokens together that it may take in a minute; 0: any number
         * @param priority its place in a queue, lower is earlier, as for vLLM
         */
        public record Allowance(Set<String> models, long requestsPerMinute, long tokensPerMinute, int priority) {
            /** Everything, without an end. */
            public static final Allowance UNLIMITED = new Allowance(Set.of(), 0, 0, 0);

            public Allowance {
                models = Set.copyOf(models);
                requireNotNegative("requests-per-minute", requestsPerMinute);
                requireNotNegative("tokens-per-minute", tokensPerMinute);
            }

            /** Whether there are models that it may not use. */
            public boolean restrictsModels() {
                return !models.isEmpty();
            }

            /** Whether it may use a model; null, the engine's own choice, only where it may use all. */
            public boolean allows(@Nullable String model) {
                return models.isEmpty() || (model != null && models.contains(model));
            }

            private static void requireNotNegative(String name, long value) {
                if (value < 0) {
                    throw new IllegalArgumentException("%s: %d (expected: at least 0)".formatted(name, value));
                }
            }
        }
    }
}
