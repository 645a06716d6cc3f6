package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.AdapterConfig;
import dev.warmlane.tools.simulator.engine.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the engine and its wire format. */
final class EngineArguments {
    @Option(names = "--model", description = "Name of the model (default: Qwen/Qwen3-0.6B).")
    private String model = ServerOptions.DEFAULTS.models().base();

    @Option(names = "--lora", split = ",", description = "Names of LoRA adapters, separated by commas.")
    private List<String> loras = List.of();

    @Option(
            names = "--max-loras",
            description =
                    "Slots for adapters, also for those that are loaded while it runs, >= 0 (default: one for each).")
    private @Nullable Integer maxLoras;

    @Option(
            names = "--lora-load-ms",
            description = "How long loading an adapter into a slot takes, >= 0 ms (default: 0).")
    private long loraLoadMillis;

    @Option(names = "--max-model-len", description = "Tokens of prompt and answer together, >= 2 (default: 131072).")
    private int maxModelLen = ServerOptions.DEFAULTS.models().maxModelLen();

    @Option(
            names = "--preset",
            description = "Speed: demo (quick to watch), instant (0.2 ms a step), 8b-h100, 70b-h100x4 (default: demo).")
    private String preset = "demo";

    @Option(names = "--block-size", description = "Tokens in a KV block, >= 1 (default: 16).")
    private int blockSize = ServerOptions.DEFAULTS.cache().blockSizeTokens();

    @Option(names = "--kv-blocks", description = "KV blocks of each engine, >= 1 (default: 27652).")
    private int kvBlocks = ServerOptions.DEFAULTS.cache().blocks();

    @Option(names = "--no-prefix-caching", description = "Switches prefix caching off.")
    private boolean noPrefixCaching;

    @Option(
            names = "--data-parallel-size",
            description = "Engines behind each port, each with a cache of its own, >= 1 (default: 1).")
    private int dataParallelSize = ServerOptions.DEFAULTS.ranks();

    @Option(
            names = "--output-tokens",
            description = "Length of an answer when the request does not say, >= 1 (default: 64).")
    private int outputTokens = ServerOptions.DEFAULTS.outputTokens();

    @Option(
            names = "--vllm-version",
            description = "Release whose wire format is spoken; up to 0.10 is the old one (default: newest).")
    private @Nullable String vllmVersion;

    @Option(
            names = "--no-prompt-tokens-details",
            description = "Usage does not say how many prompt tokens were cached.")
    private boolean noPromptTokensDetails;

    @Option(names = "--api-key", description = "Key that requests to /v1 must bear (default: none).")
    private @Nullable String apiKey;

    @Option(names = "--seed", description = "Seed of ids and random faults (default: 1).")
    private long seed = ServerOptions.DEFAULTS.seed();

    ServerOptions toServerOptions(Faults faults) {
        VllmVersion version = vllmVersion == null ? VllmVersion.NEWEST : VllmVersion.parse(vllmVersion);
        return new ServerOptions(
                new ServerOptions.Models(
                        model,
                        loras,
                        maxModelLen,
                        new AdapterConfig(
                                maxLoras == null ? loras.size() : maxLoras, Duration.ofMillis(loraLoadMillis))),
                new CacheConfig(blockSize, kvBlocks, !noPrefixCaching),
                EngineModel.preset(preset),
                dataParallelSize,
                version,
                !noPromptTokensDetails,
                outputTokens,
                apiKey,
                faults,
                seed);
    }
}
