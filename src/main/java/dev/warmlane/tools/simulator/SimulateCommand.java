package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Arguments;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
    /** How long one that ends answers yet, with an error. */
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
                            + " connections are refused, and what is under way hangs, >= 0 ms (default: ${DEFAULT-VALUE}).")
    private long shutdownMillis;

    @ArgGroup(validate = false, heading = "%nWhat the servers are:%n")
    private EngineArguments engine = new EngineArguments();

    @ArgGroup(validate = false, heading = "%nWhat they do wrong from the start:%n")
    private FaultsBuilder faults = Faults.builder();

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
        return Arguments.named(spec, () -> new FleetOptions(host, port, pods, engine.toServerOptions(faults.build())));
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
}
