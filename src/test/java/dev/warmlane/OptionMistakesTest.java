package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** A mistake in the value of any option of any command is a line with the option, the value and what was expected. */
@Timeout(60) // One that is not noticed would serve until it is interrupted.
class OptionMistakesTest {
    private static final String LOAD = "--generate shared-prefix --requests 1";

    /** A command, what else it needs, and a wrong option. */
    static final List<String> MISTAKES = Stream.of(
                    of(
                            "simulate",
                            "",
                            "--port=-1 --port=65536 --port=99999999999 --pods=0 --pods=x --pods=2147483647 --shutdown-ms=-1 --shutdown-ms=9223372036854775807 --max-loras=-1 --lora-load-ms=-1 --lora-load-ms=9223372036854775807"
                                    + " --max-model-len=1 --preset=fast --block-size=0 --kv-blocks=0 --kv-blocks=2147483647 --data-parallel-size=0 --data-parallel-size=2147483647"
                                    + " --output-tokens=0 --vllm-version=newest --seed=x --latency-ms=-1 --latency-ms=9223372036854775807 --error-status=200 --error-rate=2"
                                    + " --error-rate=NaN --error-rate=half --reset-after=-2 --slow-start-ms=-1 --slow-start-ms=9223372036854775807 --metrics-fault=odd --model= "),
                    of(
                            "replay",
                            LOAD,
                            "--policy=nosuch --policy=expected-cost:kapa=1 --policy=expected-cost:kappa=x --policy=expected-cost:kappa"
                                    + " --speed=0 --speed=1e-12 --speed=1,x --key=cookie --addresses=0 --format=xml --seed=x --groups=0 --prompts=0 --rate=0"
                                    + " --system-tokens=-1 --question-tokens=0 --output-tokens=0 --pods=0 --pods=2147483647 --kv-tokens=1 --kv-tokens=9223372036854775807 --preset=fast"
                                    + " --step-ms=-1 --step-ms=1e300 --prefill-us=-1 --prefill-us=1e300 --attention-ns=-1 --decode-us=NaN --decode-context-ns=-1"
                                    + " --max-step-tokens=1 --max-sequences=0 --adapter-slots=-1 --adapter-load-ms=-1 --adapter-load-ms=9223372036854775807 --prefill-pods=1"
                                    + " --decode-pods=1 --transfer-gbps=0 --kv-bytes-per-token=0 --add=-1 --add=Infinity --remove=-1 --remove=1e300 --restart-each=-1 --restart-each=0 --restart-each=1e-12"
                                    + " --notice=-1 --drain=1 --slow=9=2 --slow=0=0 --slow=0=x --slow-from=-1 --measure-from=-1 --prewarm=-1"
                                    + " --prewarm-by=luck --index-scale=0 --gateways=0 --gateways=2147483647 --share-delay-ms=-1 --share-delay-ms=9223372036854775807"
                                    + " --system-tokens=2147483647 --question-tokens=2147483647 --output-tokens=2147483647"
                                    + " --groups=2147483647 --prompts=2147483647 --rate=1e-12"),
                    of("replay", "--generate shared-prefix", "--requests=0 --requests=2147483647"),
                    of(
                            "replay",
                            "--generate multi-turn",
                            "--sessions=0 --sessions=2147483647 --turns=0 --turns=2147483647 --think-seconds=0 --think-seconds=1e300"),
                    of("replay", "--generate agents", "--sessions=2147483647 --begin-seconds=0 --begin-seconds=1e300"),
                    of("replay", "", "--adapters=0 --generate=other --trace=no-such-file --access-log=no-such-file"),
                    of("replay", LOAD, "--pool=chat"),
                    of("replay", LOAD + " --decode-pods=1", "--prefill-pods=0 --prefill-pods=2147483647"),
                    of("replay", LOAD + " --prefill-pods=1", "--decode-pods=0 --decode-pods=2147483647"),
                    of("advise", LOAD, "--policy=nosuch --pods=0 --pods=2147483647 --kv-tokens=1"),
                    of(
                            "validate",
                            "",
                            "--gateway=localhost:80 --management=:: --api-key-file=no-such-file --management-key-file=no-such-file"
                                    + " --session-header=a:b --timeout=0 --format=xml --sessions=0 --turns=1 --system-tokens=0"
                                    + " --question-tokens=0 --output-tokens=0 --think-seconds=-1 --min-hit-ratio=80 --min-stickiness=2"
                                    + " --max-imbalance=0"))
            .flatMap(each -> each)
            .toList();

    /** Options that take anything, or what only a server can say no to. */
    private static final Set<String> TAKE_ANYTHING =
            Set.of("simulate --host", "simulate --lora", "simulate --api-key", "validate --model", "serve --check");

    private static Stream<String> of(String command, String others, String wrong) {
        return Arrays.stream(wrong.split(" ")).map(option -> "%s %s %s".formatted(command, others, option));
    }

    private static String wrongOption(String line) {
        int start = line.lastIndexOf(" --") + 1;
        return line.substring(start, line.indexOf('=', start));
    }

    @ParameterizedTest
    @FieldSource("MISTAKES")
    void areNamedByTheOption(String line) {
        StringWriter error = new StringWriter();
        CommandLine command = Warmlane.commandLine().setErr(new PrintWriter(error));

        assertThat(command.execute(line.split(" +"))).isEqualTo(2);
        assertThat(error.toString().lines().findFirst().orElseThrow())
                .matches(wrongOption(line) + ": .+ \\(expected: .+\\)");
    }

    @Test
    void ofEveryOptionAreTried() {
        // What commands have in common is tried with one of them.
        Set<String> tried =
                MISTAKES.stream().map(OptionMistakesTest::wrongOption).collect(Collectors.toSet());

        assertThat(Warmlane.commandLine().getSubcommands().values().stream()
                        .flatMap(command -> command.getCommandSpec().options().stream()
                                .filter(option -> option.arity().max() > 0
                                        && !option.type().equals(boolean.class))
                                .map(OptionSpec::longestName)
                                .filter(name -> !tried.contains(name))
                                .map(name -> command.getCommandName() + " " + name)))
                .isSubsetOf(TAKE_ANYTHING);
    }
}
