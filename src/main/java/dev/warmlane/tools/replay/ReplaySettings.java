package dev.warmlane.tools.replay;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.PrefillLeg.Transfers;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of a load are sent to, and by what key. Immutable.
 *
 * @param endpoints how many engines at the start; at least 1
 * @param kvTokens what the cache of each holds, in tokens; at least one block
 * @param model how fast each is
 * @param adapters how each keeps adapters
 * @param key what ties requests to endpoints
 * @param addresses client addresses that the sessions share, where the key is one; at least 1
 * @param scenario what goes wrong
 * @param seed of everything that is random but the load
 * @param roles how many of the endpoints compute what, which is measured then; null: whole requests
 */
public record ReplaySettings(
        int endpoints,
        long kvTokens,
        EngineModel model,
        AdapterConfig adapters,
        KeySource key,
        int addresses,
        Scenario scenario,
        long seed,
        @Nullable Roles roles) {

    /** More than a pool has, and each has a cache. */
    static final int MOST_ENDPOINTS = 10_000;

    public ReplaySettings {
        WrongArgumentException.within("pods", endpoints, 1, MOST_ENDPOINTS);
        WrongArgumentException.atLeast("addresses", addresses, 1);
    }

    /** Engines of an 8B model on an H100, sessions as keys, and nothing goes wrong. */
    public static ReplaySettings of(int endpoints, long kvTokens) {
        return new ReplaySettings(
                endpoints,
                kvTokens,
                EngineModel.H100_8B,
                AdapterConfig.NONE,
                KeySource.SESSION,
                256,
                Scenario.of(),
                1,
                null);
    }

    ReplaySettings withCaches(int number, long tokensEach) {
        return new ReplaySettings(number, tokensEach, model, adapters, key, addresses, scenario, seed, roles);
    }

    ReplaySettings withModel(EngineModel other) {
        return new ReplaySettings(endpoints, kvTokens, other, adapters, key, addresses, scenario, seed, roles);
    }

    /** The same for requests with another kind of key. */
    public ReplaySettings withKey(KeySource key) {
        return new ReplaySettings(endpoints, kvTokens, model, adapters, key, addresses, scenario, seed, roles);
    }

    ReplaySettings withAddresses(int addresses) {
        return new ReplaySettings(endpoints, kvTokens, model, adapters, key, addresses, scenario, seed, roles);
    }

    /** The same in another scenario. */
    public ReplaySettings withScenario(Scenario scenario) {
        return new ReplaySettings(endpoints, kvTokens, model, adapters, key, addresses, scenario, seed, roles);
    }

    /** The same with other slots for adapters. */
    public ReplaySettings withAdapters(AdapterConfig adapters) {
        return new ReplaySettings(endpoints, kvTokens, model, adapters, key, addresses, scenario, seed, roles);
    }

    /** The same with another seed for what is random. */
    public ReplaySettings withSeed(long seed) {
        return new ReplaySettings(endpoints, kvTokens, model, adapters, key, addresses, scenario, seed, roles);
    }

    ReplaySettings withRoles(Roles split) {
        return new ReplaySettings(split.endpoints(), kvTokens, model, adapters, key, addresses, scenario, seed, split);
    }

    /**
     * How many endpoints compute what, and what is between them.
     *
     * @param prefill endpoints that compute prompts only; 0 for a fleet of endpoints that compute whole requests
     * @param decode the others
     * @param gbps what the network of each carries
     * @param kvBytes of a token
     * @param generating whether those that compute prompts compute whole requests as well
     */
    record Roles(int prefill, int decode, double gbps, double kvBytes, boolean generating) {
        int endpoints() {
            return prefill + decode;
        }

        /** As many that compute whole requests. */
        Roles both() {
            return new Roles(0, endpoints(), gbps, kvBytes, false);
        }

        /** Those that generate alone, which compute their prompts as well. */
        Roles alone() {
            return new Roles(0, decode, gbps, kvBytes, false);
        }

        /** The same, but those that compute prompts compute whole requests as well. */
        Roles generate() {
            return new Roles(prefill, decode, gbps, kvBytes, true);
        }

        /** What an endpoint computes, by its place in the fleet. */
        Role of(int place) {
            if (prefill == 0) {
                return Role.BOTH;
            }
            Role first = generating ? Role.BOTH : Role.PREFILL;
            return place < prefill ? first : Role.DECODE;
        }

        String label() {
            String first = generating ? "B" : "P";
            return prefill == 0 ? "%d both".formatted(decode) : "%d%s+%dD".formatted(prefill, first, decode);
        }

        Transfers transfers() {
            return new Transfers(gbps, kvBytes);
        }
    }
}
