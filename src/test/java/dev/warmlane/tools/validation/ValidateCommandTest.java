package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ValidateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String arguments) {
        CommandLine command = new CommandLine(new ValidateCommand());
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(arguments.split(" "));
    }

    /** Port 1 of loopback, where nobody listens. */
    @Test
    void saysInWordsThatNobodyIsThere() {
        assertThat(execute("--management http://127.0.0.1:1")).isEqualTo(2);
        assertThat(err.toString())
                .contains("management: http://127.0.0.1:1/actuator/vllm: cannot connect (expected: a response)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --gateway localhost:8080    | --gateway: localhost:8080 (expected: http://host:port)
                    --management ftp://x        | --management: ftp://x (expected: http://host:port)
                    --sessions 0                | --sessions: 0 (expected: 1..1000)
                    --turns 1                   | --turns: 1 (expected: 2..1000)
                    --system-tokens 0           | --system-tokens: 0 (expected: 1..1000000)
                    --think-seconds -1          | --think-seconds: -1.0 (expected: 0..3600)
                    --timeout 0                 | --timeout: 0 (expected: 1..3600)
                    --min-hit-ratio 80          | --min-hit-ratio: 80.0 (expected: 0..1)
                    --min-stickiness NaN        | --min-stickiness: NaN (expected: 0..1)
                    --max-imbalance 0.9         | --max-imbalance: 0.9 (expected: >= 1)
                    --session-header host       | --session-header: host (expected: the name of a header that a client may set)
                    --api-key-file no-such-file | --api-key-file: no-such-file (expected: a file that can be read)
                    --api-key secret            | Unknown option
                    """)
    void refusesWhatMakesNoSense(String arguments, String message) {
        assertThat(execute(arguments)).isEqualTo(2);
        assertThat(err.toString()).startsWith(message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void helpExplainsTheExitCodes() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("Exit code: 0", "--[no-]stream", "--min-hit-ratio");
    }
}
