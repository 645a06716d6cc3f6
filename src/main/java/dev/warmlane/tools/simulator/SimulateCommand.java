package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code simulate} command: runs simulated vLLM servers until it is interrupted. */
@Command(
        name = "simulate",
        description = "Runs simulated vLLM servers, to try a gateway without a GPU.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "While they run, each server also takes faults: POST /simulator/faults with JSON",
            "(latencyMillis, status, statusCount, statusProbability, hang, resetAfterChunks,",
            "refuseMillis, slowStartMillis, metrics, zeroTokenAbort, unhealthy, endingMillis);",
            "POST /sleep and /wake_up work as in vLLM;",
            "GET /simulator/state shows them, POST /simulator/reset starts afresh."
        })
public final class SimulateCommand implements Callable<Integer> {
    /** How long a server that is shutting down still responds, with an error. */
    private static final Duration REFUSES_REQUESTS = Duration.ofMillis(100);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "";

    @Option(
            names = "--port",
            defaultValue = "8001",
            description = "Port of the first server; the others follow. 0 takes free ones (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--pods", defaultValue = "4", description = "How many servers, >= 1 (default: ${DEFAULT-VALUE}).")
    private int pods;

    @Option(
            names = "--shutdown-ms",
            defaultValue = "0",
            description =
                    "How long they take to end when told to (SIGTERM), as vLLM does: requests get 500 at first, then"
                            + " connections are refused, and what is under way hangs, 0..3600000 ms (default: ${DEFAULT-VALUE}).")
    private long shutdownMillis;

    @ArgGroup(validate = false, heading = "%nWhat the servers are:%n")
    private EngineArguments engine = new EngineArguments();

    @ArgGroup(validate = false, heading = "%nWhat they do wrong from the start:%n")
    private Faults.Builder faults = Faults.builder();

    /** Starts the servers and waits; an interrupt or SIGTERM ends the process. */
    @Override
    public Integer call() throws InterruptedException {
        try (SimulatedFleet fleet = SimulatedFleet.start(options())) {
            PrintWriter out = spec.commandLine().getOut();
            fleet.servers().forEach(server -> out.println(line(server)));
            out.flush();
            if (shutdownMillis > 0) {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> end(fleet)));
            }
            new CountDownLatch(1).await();
            return CommandLine.ExitCode.OK;
        } catch (UncheckedIOException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** What was asked for, checked. */
    FleetOptions options() {
        return Arguments.named(spec, () -> {
            WrongArgumentException.within("shutdown ms", shutdownMillis, 0, WrongArgumentException.HOUR_MILLIS);
            faults.check();
            return new FleetOptions(host, port, pods, engine.toServerOptions(faults.build()));
        });
    }

    private void end(SimulatedFleet fleet) {
        Faults ending = Faults.builder().ending(REFUSES_REQUESTS).build();
        fleet.servers().forEach(server -> server.faults(ending));
        try {
            Thread.sleep(shutdownMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String line(SimulatedServer server) {
        ServerOptions options = server.options();
        return "simulated vLLM %s on %s: %s, %,d KV blocks of %d tokens"
                .formatted(
                        options.version(),
                        server.uri(),
                        options.models().base(),
                        options.cache().blocks(),
                        options.cache().blockSizeTokens());
    }

    /** Options of the engine and its wire format. */
    private static final class EngineArguments {
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
                description = "How long loading an adapter into a slot takes, 0..3600000 ms (default: 0).")
        private long loraLoadMillis;

        @Option(
                names = "--max-model-len",
                description = "Tokens of prompt and response together, >= 2 (default: 131072).")
        private int maxModelLen = ServerOptions.DEFAULTS.models().maxModelLen();

        @Option(
                names = "--preset",
                description =
                        "Speed: demo (quick to watch), instant (0.2 ms a step), 8b-h100, 70b-h100x4 (default: demo).")
        private String preset = "demo";

        @Option(names = "--block-size", description = "Tokens in a KV block, >= 1 (default: 16).")
        private int blockSize = ServerOptions.DEFAULTS.cache().blockSizeTokens();

        @Option(names = "--kv-blocks", description = "KV blocks of each engine, 1..10000000 (default: 27652).")
        private int kvBlocks = ServerOptions.DEFAULTS.cache().blocks();

        @Option(names = "--no-prefix-caching", description = "Switches prefix caching off.")
        private boolean noPrefixCaching;

        @Option(
                names = "--data-parallel-size",
                description = "Engines behind each port, each with a cache of its own, 1..1024 (default: 1).")
        private int dataParallelSize = ServerOptions.DEFAULTS.ranks();

        @Option(
                names = "--output-tokens",
                description = "Length of a response when the request does not say, >= 1 (default: 64).")
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
            WrongArgumentException.check(maxLoras == null || maxLoras >= 0, "max loras", maxLoras, ">= 0");
            WrongArgumentException.within("lora load ms", loraLoadMillis, 0, WrongArgumentException.HOUR_MILLIS);
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
}
