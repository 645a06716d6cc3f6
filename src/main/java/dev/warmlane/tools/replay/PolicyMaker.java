package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.policy.Policies;
import dev.warmlane.settings.PolicyFiles;
import dev.warmlane.tools.WrongArgumentException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the policy of one gateway. */
@FunctionalInterface
public interface PolicyMaker {

    /** @param clock virtual time, for policies that look at it */
    RoutingPolicy make(Ticker clock);

    /**
     * A policy of gateway/policies, possibly with other parameters: {@code expected-cost} or {@code
     * expected-cost:kappa=1:beta=0.4}.
     *
     * @param text as it was asked for
     * @param file the name of its file
     * @param parameters that go over those of the file
     */
    record NamedPolicy(String text, String file, Map<String, String> parameters) implements PolicyMaker {

        /** @throws IllegalArgumentException naming the option, if there is no such policy, or a parameter makes no sense */
        static NamedPolicy parse(String text) {
            String[] parts = text.split(":", -1);
            Map<String, String> parameters = new LinkedHashMap<>();
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                if (equals < 1) {
                    throw WrongArgumentException.of("policy", text, "parameter=value after each colon");
                }
                parameters.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
            }
            NamedPolicy named = new NamedPolicy(text, parts[0], parameters);
            try {
                named.make(Ticker.disabledTicker());
            } catch (IllegalArgumentException e) {
                String problem = String.valueOf(e.getMessage()).replaceFirst("^policy:? ", "");
                throw new IllegalArgumentException("--policy: " + problem, e);
            }
            return named;
        }

        /** The same with another parameter, unless it is given. */
        NamedPolicy with(String parameter, String value) {
            Map<String, String> more = new LinkedHashMap<>(parameters);
            more.putIfAbsent(parameter, value);
            return new NamedPolicy(text, file, more);
        }

        @Override
        public RoutingPolicy make(Ticker clock) {
            return Policies.load().create(PolicyFiles.read(file, parameters));
        }
    }
}
