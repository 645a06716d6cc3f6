package dev.warmlane.tools.replay;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.ReplaySettings.Roles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that split the endpoints by what they compute, to compare them with as many that compute whole requests. */
final class RoleOptions {
    @Option(
            names = "--prefill-pods",
            description =
                    "Endpoints that compute prompts only, >= 1. Each policy then runs on these and the decode pods, and on as "
                            + "many that compute whole requests; of expected-cost also with every prompt computed by prefill pods.")
    private @Nullable Integer prefillPods;

    @Option(names = "--decode-pods", description = "Endpoints that generate, >= 1, in the place of --pods.")
    private @Nullable Integer decodePods;

    @Option(
            names = "--transfer-gbps",
            defaultValue = "100",
            description = "What the network of each endpoint carries, > 0 Gbit/s (default: ${DEFAULT-VALUE}).")
    private double gbps;

    @Option(
            names = "--kv-bytes-per-token",
            defaultValue = "131072",
            description =
                    "Bytes of a token's KV cache, > 0 (default: ${DEFAULT-VALUE}, of an 8B model in 16 bits: 2 x 8 KV heads "
                            + "x 128 x 32 layers x 2 bytes).")
    private double kvBytes;

    /** Null where endpoints have no roles. */
    @Nullable
    Roles roles() {
        if (prefillPods == null && decodePods == null) {
            return null;
        }
        if (prefillPods == null || decodePods == null) {
            throw Arguments.wrong("prefill pods and decode pods", "one of them", "both or neither");
        }
        Arguments.positive("transfer gbps", gbps);
        Arguments.positive("kv bytes per token", kvBytes);
        Arguments.atLeast("prefill pods", prefillPods, 1);
        Arguments.atLeast("decode pods", decodePods, 1);
        return new Roles(prefillPods, decodePods, gbps, kvBytes, false);
    }
}
