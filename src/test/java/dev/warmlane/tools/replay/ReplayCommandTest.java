package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.load.Load;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReplayCommandTest {
    private static final String SMALL = "--generate shared-prefix --groups 4 --prompts 2 --system-tokens 1024"
            + " --question-tokens 600 --output-tokens 20 --requests 40 --pods 2 --kv-tokens 50000";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String arguments) {
        return execute(new ReplayCommand(), arguments);
    }

    private int execute(Object toRun, String arguments) {
        CommandLine command = new CommandLine(toRun);
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(arguments.split(" "));
    }

    @Test
    void comparesEveryPolicyAtEverySpeed() {
        assertThat(execute(SMALL + " --speed 1,2.5 --policy expected-cost,round-robin"))
                .isZero();
        assertThat(out.toString().lines()).hasSize(5);
        assertThat(out.toString())
                .containsPattern("shared-prefix x1 +expected-cost +40 ")
                .containsPattern("shared-prefix x2.5 +round-robin +40 ");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void advisesByATraceOrSaysThatItSaysTooLittle() {
        Path trace = Path.of("src/test/resources/replay/conversation.jsonl");
        assertThat(execute(new AdviseCommand(), "--pods 2 --trace " + trace)).isZero();
        assertThat(out.toString()).containsPattern("prompts +\\d+ +1.000").contains("No advice: 5 requests seen");
    }

    @Test
    void replaysWhatItAdvises() {
        assertThat(execute("--advise --pods 4 --policy expected-cost --generate shared-prefix --requests 1500"))
                .isZero();
        assertThat(out.toString())
                .containsPattern("saved endpoints +hit replayed\n")
                .containsPattern("5 endpoints, caches x1.0 .* 0.7\\d\\d\n")
                .containsPattern("8 endpoints, caches x1.0 .* 0.8\\d\\d\n")
                .contains("\nHelm values:\n3 endpoints, caches x1.0  vllm.replicas: 3\n");
    }

    @Test
    void readsTraces() {
        Path trace = Path.of("src/test/resources/replay/conversation.jsonl");
        assertThat(execute("--format csv --policy sticky --trace " + trace)).isZero();
        assertThat(out.toString()).contains("conversation.jsonl x1,sticky,5,0,0,");
    }

    @Test
    void takesScenariosEngineConstantsAndParameters() {
        assertThat(execute(SMALL + " --format json --policy consistent-hash:load-factor=2:slack-requests=1 --add 1"
                        + " --remove 2 --restart-each 3 --slow 0=2,1=3 --slow-from 1 --measure-from 2 --index-scale 0.5 --gateways 2 --key client-ip"
                        + " --preset 70b-h100x4 --step-ms 5 --max-sequences 8 --seed 3"))
                .isZero();
        assertThat(out.toString()).contains("\"policy\" : \"consistent-hash:load-factor=2:slack-requests=1\"");
    }

    @Test
    void comparesEndpointsThatComeBackWarmWithTheSameOnesCold() {
        String restarts = SMALL + " --policy expected-cost --restart-each 3 --prewarm 2";
        assertThat(execute(restarts)).isZero();
        assertThat(out.toString())
                .containsPattern("joined +at s +warmed tok .* cold: requests +hit +")
                .containsPattern(
                        "pod-0-2 +3.\\d +[1-9]\\d* +[1-9]\\d* +0.\\d+ .* [1-9]\\d* +0.\\d+ +[0-9.]+ +[0-9.]+\n");
        out.getBuffer().setLength(0);
        assertThat(execute(restarts + " --format json --prewarm-by recency")).isZero();
        JsonNode first = JsonMapper.shared()
                .readTree(out.toString())
                .path(0)
                .path("joined")
                .path(0);
        assertThat(first.path("endpoint").asString()).isEqualTo("pod-0-2");
        assertThat(first.path("warmedTokens").asLong()).isPositive();
        assertThat(first.path("cold").path("warmedTokens").asLong(-1)).isZero();
        assertThat(first.path("tokenHitRatio").asDouble())
                .isGreaterThan(first.path("cold").path("tokenHitRatio").asDouble(1));
    }

    @Test
    void comparesEndpointsThatLeaveWithNoticeWithTheSameOnesThatHandNothingOver() {
        String leaving = SMALL + " --policy expected-cost --remove 3 --notice 1 --prewarm 2";
        assertThat(execute(leaving)).isZero();
        assertThat(out.toString())
                .containsPattern("left +at s +handed tok .* cold: requests +hit +")
                .containsPattern("pod-0-0 +4.0 +[1-9]\\d* +[1-9]\\d* +0.\\d+ .* [1-9]\\d* +0.\\d+ +[0-9.]+\n");
        out.getBuffer().setLength(0);
        assertThat(execute(leaving + " --format json")).isZero();
        JsonNode row = JsonMapper.shared().readTree(out.toString()).path(0);
        assertThat(row.path("joined").size()).isZero();
        JsonNode left = row.path("left").path(0);
        assertThat(left.path("handedTokens").asLong()).isPositive();
        assertThat(left.path("cold").path("handedTokens").asLong(-1)).isZero();
    }

    @Test
    void comparesEndpointsWithRolesWithAsManyWithout() {
        assertThat(execute(SMALL
                        + " --prefill-pods 1 --decode-pods 2 --transfer-gbps 50 --policy expected-cost,round-robin"))
                .isZero();
        assertThat(out.toString())
                .containsPattern("expected-cost, 3 both +40 ")
                .containsPattern("expected-cost, 1P\\+2D +40 ")
                .containsPattern("expected-cost, 1P\\+2D always +[0-9.]+ +[0-9.]+ +1.000 +0.000 +0.000\n")
                .containsPattern("expected-cost, 1P\\+2D never +40 ")
                .containsPattern("expected-cost, 1B\\+2D +40 ")
                .containsPattern("round-robin, 1P\\+2D +40 ")
                .containsPattern(
                        "\nshared-prefix x1, expected-cost, 1P\\+2D: .*Whole responses take [0-9.]+ times as long, first tokens")
                .containsPattern(
                        "1P\\+2D: whole responses take [0-9.]+ times as long as with the better of always and never on the same");
        assertThat(execute(SMALL + " --prefill-pods 1")).isNotZero();
        assertThat(execute(SMALL + " --prefill-pods 1 --decode-pods 1 --add 5")).isNotZero();
    }

    @Test
    void generatesAgents() {
        assertThat(execute("--generate agents --sessions 3 --begin-seconds 60 --pods 2 --policy expected-cost"))
                .isZero();
        assertThat(out.toString()).containsPattern("agents x1 +expected-cost +\\d+ ");
    }

    @Test
    void countsTheAdaptersThatEnginesLoad() {
        String load =
                "--adapters 50 --requests 200 --system-tokens 0 --output-tokens 10 --pods 2 --policy expected-cost";
        assertThat(execute(load + " --adapter-slots 2 --adapter-load-ms 100")).isZero();
        assertThat(out.toString()).containsPattern("adapters x1 +expected-cost +200 .* 0\\.\\d+\n");
        assertThat(out.toString()).contains("loads/req\n");
        out.getBuffer().setLength(0);
        assertThat(execute(load + " --adapter-slots 0 --format json")).isZero();
        assertThat(out.toString()).doesNotContain("adapterLoads");
    }

    /** With one policy, the cheapest, and where each load begins; ReportFormatTest has what several look like. */
    @Test
    void benchesOnLoadsOfItsOwn() {
        ReplayCommand replay = new ReplayCommand(
                seed -> Bench.cases(seed).stream().map(ReplayCommandTest::begun).toList());
        assertThat(execute(replay, "--bench --policy round-robin")).isZero();
        assertThat(out.toString())
                .containsPattern("TTFT over the best +best s +round-robin\n")
                .containsPattern("\ntiny-caches +[0-9.]+ +1.00\n")
                .containsPattern("\ngeometric mean +1.000\nworst +1.00\non +[a-z-]+\n");
    }

    private static Bench.Case begun(Bench.Case whole) {
        Load.Source beginning = () -> {
            Load load = whole.source().read();
            return new Load(load.name(), load.arrivals().subList(0, 10));
        };
        return new Bench.Case(whole.name(), beginning, whole.settings());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --generate other                    | --generate: other (expected: shared-prefix, multi-turn or agents)
                    --pods 2                            | load: none (expected: one of --trace, --access-log, --generate and --adapters)
                    --bench --generate agents           | --bench: a load is given (expected: none, it brings its own)
                    --adapters 0                        | --adapters: 0 (expected: >= 1)
                    --adapters 9 --adapter-slots -1     | --adapter-slots: -1 (expected: >= 0)
                    --adapters 9 --adapter-load-ms -1   | --adapter-load-ms: -1 (expected: 0..3600000)
                    --generate multi-turn --trace x     | load: --trace and --generate (expected: one of
                    --generate multi-turn --pods 0      | --pods: 0 (expected: 1..10000)
                    --generate multi-turn --turns 0     | --turns: 0 (expected: >= 1)
                    --generate multi-turn --rate 5      | --rate: given (expected: not with multi-turn, it is for shared-prefix, --adapters)
                    --generate agents --output-tokens 5 | --output-tokens: given (expected: not with agents, it is for shared-prefix, multi-turn, --adapters)
                    --adapters 5 --pool a               | --pool: given (expected: not with --adapters, it is for --access-log)
                    --generate multi-turn --speed 0     | --speed: 0.0 (expected: > 0)
                    --generate multi-turn --index-scale 0 | --index-scale: 0.0 (expected: > 0)
                    --generate multi-turn --gateways 0  | --gateways: 0 (expected: 1..100)
                    --generate multi-turn --key cookie  | --key: cookie (expected:
                    --generate multi-turn --policy x    | --policy: x (expected: the name of a file
                    --generate multi-turn --policy sticky:kappa | --policy: sticky:kappa (expected: parameter=value
                    --generate multi-turn --policy sticky:kapa=1 | --policy: sticky: unknown parameter kapa (expected:
                    --generate multi-turn --preset 7b   | --preset: 7b (expected:
                    --generate multi-turn --kv-tokens 9 | --kv-tokens: 9 (expected: >=
                    --generate multi-turn --kv-tokens 99999999999999 | --kv-tokens: 99999999999999 (expected: <=
                    --generate multi-turn --pods 2 --slow 2=3 | --slow: 2 (expected: an endpoint from 0 to 1)
                    --generate multi-turn --slow -1=3   | --slow: -1 (expected: >= 0)
                    --generate multi-turn --add -5      | --add: -5.0 s (expected: 0..1000000000)
                    --generate multi-turn --remove 1,-5 | --remove: -5.0 s (expected: 0..1000000000)
                    --generate multi-turn --turns 2 --turns 3 | --turns: given 2 times (expected: once)
                    --generate multi-turn --pods 2 --kv-tokens 9000 --pods 3 | --pods: given 2 times (expected: once)
                    --trace no-such-file                | --trace: no-such-file (expected: a file that can be read)
                    --access-log no-such-file           | --access-log: no-such-file (expected: a file that can be read)
                    --trace src                         | --trace: src (expected: a file that can be read)
                    --trace docs/dashboard.png          | --trace: docs/dashboard.png: not UTF-8 (expected: JSON, one object a line)
                    """)
    void refusesWhatMakesNoSense(String arguments, String message) {
        assertThat(execute(arguments)).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).startsWith(message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void helpSaysWhatThePresetsAre() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("8b-h100:", "70b-h100x4:", "--index-scale");
    }
}
