package dev.warmlane.proxy.access;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request. An attribute of the exchange from the moment that the client is known. Immutable.
 *
 * @param name what the settings call it: the key's name, or the group of the token's bearer; fit for logs and metrics
 * @param client whom limits are counted for and queues are fair to; can name a person, so it is never shown
 * @param tenant whose cache and sessions it shares; never shown either
 * @param allowance what it may do
 */
public record Identity(String name, String client, String tenant, Allowance allowance) {
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
