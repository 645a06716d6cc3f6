package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class SimulateCommandTest {

    private static FleetOptions parse(String... arguments) {
        SimulateCommand command = new SimulateCommand();
        new CommandLine(command).parseArgs(arguments);
        return command.options();
    }

    @Test
    void withoutOptionsItIsADemo() {
        assertThat(parse()).isEqualTo(FleetOptions.demo(8001, 4));
    }

    @Test
    void optionsReachTheServers() {
        FleetOptions fleet = parse(
                ("--port 0 --pods 2 --model m --lora a,b --max-loras 3 --lora-load-ms 20 --max-model-len 100 --preset 8b-h100 --block-size 32 --kv-blocks 7"
                                + " --no-prefix-caching --output-tokens 9 --vllm-version 0.10.0 --no-prompt-tokens-details"
                                + " --api-key k --seed 5 --error-status 503 --error-rate 0.5 --metrics-fault garbage")
                        .split(" "));
        assertThat(fleet.port()).isZero();
        assertThat(fleet.servers()).isEqualTo(2);
        ServerOptions server = fleet.server();
        assertThat(server.models())
                .isEqualTo(new ServerOptions.Models(
                        "m", List.of("a", "b"), 100, new AdapterConfig(3, Duration.ofMillis(20))));
        assertThat(server.cache().blockSizeTokens()).isEqualTo(32);
        assertThat(server.cache().blocks()).isEqualTo(7);
        assertThat(server.cache().prefixCaching()).isFalse();
        assertThat(server.engine()).isEqualTo(EngineModel.H100_8B);
        assertThat(server.version()).isEqualTo(VllmVersion.V0_10_0);
        assertThat(server.usageDetails()).isFalse();
        assertThat(server.outputTokens()).isEqualTo(9);
        assertThat(server.apiKey()).isEqualTo("k");
        assertThat(server.seed()).isEqualTo(5);
        assertThat(server.faults().statusProbability()).isEqualTo(0.5);
        assertThat(server.faults().metrics()).isEqualTo(Faults.MetricsFault.GARBAGE);
    }

    @ParameterizedTest
    @CsvSource({
        "--pods=0, --pods: 0 (expected: 1..65535)",
        "--max-loras=-1, --max-loras: -1 (expected: >= 0)",
        "--lora-load-ms=-1, --lora-load-ms: -1 (expected: 0..3600000)",
        "--block-size=0, --block-size: 0 (expected: >= 1)",
        "--preset=fast, '--preset: fast (expected: demo, instant, 8b-h100 or 70b-h100x4)'",
        "--error-status=200, '--error-status: 200 (expected: 400..599, or 0 for none)'",
        "--error-rate=2, --error-rate: 2.0 (expected: 0..1)",
        "--latency-ms=-1, --latency-ms: -1 (expected: 0..3600000)"
    })
    void wrongValuesAreNamed(String argument, String message) {
        assertThatExceptionOfType(ParameterException.class)
                .isThrownBy(() -> parse(argument))
                .withMessage(message);
    }

    @Test
    void helpNamesEveryOption() {
        String help = new CommandLine(new SimulateCommand()).getUsageMessage();
        assertThat(help).contains("--port", "--kv-blocks", "--vllm-version", "--error-rate", "/simulator/faults");
    }
}
