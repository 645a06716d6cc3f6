package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.tools.replay.PrefillLeg.Transfers;

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
