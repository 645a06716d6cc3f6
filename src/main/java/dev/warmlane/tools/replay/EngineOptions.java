package dev.warmlane.tools.replay;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.ReplaySettings.Roles;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how many engines there are, and how large and fast each is: a preset, and constants that differ from it. */
final class EngineOptions {
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double NANOS_PER_MILLI = 1e6;

    @Option(names = "--pods", description = "Endpoints, 1..10000 (default: 8).")
    private int pods = 8;

    @Option(names = "--kv-tokens", description = "Tokens that each endpoint's cache holds (default: 400000).")
    private long kvTokens = 400_000;

    @Option(
            names = "--preset",
            description = {
                "Constants of the engines (default: 8b-h100).",
                "8b-h100: an 8B model on one H100: a step takes 7 ms + 45 us a prompt token + 1.2 ns a prompt token and "
                        + "token before it + 10 us a decoding request + 52 ns a token of its context.",
                "70b-h100x4: a 70B model on four H100: 16 ms, 115 us, 2.3 ns, 20 us, 33 ns."
            })
    private String preset = "8b-h100";

    @Option(names = "--step-ms", description = "Fixed time of a step, 0..3600000 ms.")
    private @Nullable Double stepMillis;

    @Option(names = "--prefill-us", description = "Time of a prompt token, >= 0 us.")
    private @Nullable Double prefillMicros;

    @Option(names = "--attention-ns", description = "Time of a prompt token for each token before it, >= 0 ns.")
    private @Nullable Double attentionNanos;

    @Option(names = "--decode-us", description = "Time of a decoding request in a step, >= 0 us.")
    private @Nullable Double decodeMicros;

    @Option(names = "--decode-context-ns", description = "Time of a token of its context in a step, >= 0 ns.")
    private @Nullable Double decodeContextNanos;

    @Option(names = "--max-step-tokens", description = "Tokens in a step, >= max sequences (preset: 8192).")
    private @Nullable Integer maxStepTokens;

    @Option(names = "--max-sequences", description = "Requests that run together, >= 1 (preset: 256).")
    private @Nullable Integer maxSequences;

    @Option(
            names = "--adapter-slots",
            description = "Adapters that an engine holds at a time, >= 0; 0: adapters cost nothing (default: 16).")
    private int adapterSlots = 16;

    @Option(names = "--adapter-load-ms", description = "Time of loading one, 0..3600000 ms (default: 500).")
    private long adapterLoadMillis = 500;

    int pods() {
        return pods;
    }

    long kvTokens() {
        return kvTokens;
    }

    /** @throws IllegalArgumentException if a number is out of range */
    AdapterConfig adapters() {
        return new AdapterConfig(adapterSlots, Duration.ofMillis(adapterLoadMillis));
    }

    /** @throws IllegalArgumentException if there is no such preset or a constant is out of range */
    EngineModel model() {
        EngineModel base = EngineModel.preset(preset);
        return new EngineModel(
                nanos("step ms", stepMillis, NANOS_PER_MILLI, base.stepNanos()),
                nanos("prefill us", prefillMicros, NANOS_PER_MICRO, base.prefillTokenNanos()),
                nanos("attention ns", attentionNanos, 1, base.attentionNanos()),
                nanos("decode us", decodeMicros, NANOS_PER_MICRO, base.decodeSequenceNanos()),
                nanos("decode context ns", decodeContextNanos, 1, base.decodeContextTokenNanos()),
                maxStepTokens == null ? base.maxStepTokens() : maxStepTokens,
                maxSequences == null ? base.maxSequences() : maxSequences);
    }

    private static double nanos(String option, @Nullable Double given, double unitNanos, double unlessGiven) {
        if (given == null) {
            return unlessGiven;
        }
        double most = WrongArgumentException.HOUR_MILLIS * NANOS_PER_MILLI / unitNanos;
        WrongArgumentException.check(given >= 0 && given <= most, option, given, "0..%.0f".formatted(most));
        return given * unitNanos;
    }

    /** Options that split the endpoints by what they compute, to compare them with as many that compute whole requests. */
    static final class RoleOptions {
        @Option(
                names = "--prefill-pods",
                description =
                        "Endpoints that compute prompts only, 1..5000. Each policy then runs on these and the decode pods, and on as "
                                + "many that compute whole requests; of expected-cost also with every prompt computed by prefill pods.")
        private @Nullable Integer prefillPods;

        @Option(names = "--decode-pods", description = "Endpoints that generate, 1..5000, in the place of --pods.")
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

        /**
         * Null where endpoints have no roles.
         *
         * @throws IllegalArgumentException naming the option that is out of range
         */
        @Nullable
        Roles roles() {
            WrongArgumentException.positive("transfer gbps", gbps);
            WrongArgumentException.positive("kv bytes per token", kvBytes);
            if (prefillPods == null && decodePods == null) {
                return null;
            }
            if (prefillPods == null || decodePods == null) {
                String given = prefillPods == null ? "decode pods" : "prefill pods";
                throw WrongArgumentException.of(
                        given, "given alone", "both --prefill-pods and --decode-pods, or neither");
            }
            WrongArgumentException.within("prefill pods", prefillPods, 1, ReplaySettings.MOST_ENDPOINTS / 2);
            WrongArgumentException.within("decode pods", decodePods, 1, ReplaySettings.MOST_ENDPOINTS / 2);
            return new Roles(prefillPods, decodePods, gbps, kvBytes, false);
        }
    }
}
