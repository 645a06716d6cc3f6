package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChildProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class WarmlaneTest {

    @Test
    void aCommandIsSuggestedOnlyWhereItMayHaveBeenMeant() {
        assertThat(error("frobnicate"))
                .startsWith("frobnicate: unknown command (expected: one of serve, simulate, replay, advise, validate,");
        assertThat(error("vaildate")).startsWith("vaildate: unknown command (expected: validate)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"replay", "validate"})
    void aChoiceListsItsNamesOnce(String command) {
        assertThat(error(command, "--format", "xml"))
                .startsWith("--format: xml (expected: table, json")
                .doesNotContain("TABLE");
    }

    @Test
    void anUnknownOptionIsALineAndAHint() {
        assertThat(error("replay", "--no-such-option"))
                .contains("--no-such-option")
                .contains("See warmlane replay --help")
                .satisfies(error -> assertThat(error.lines()).hasSizeLessThanOrEqualTo(3));
    }

    @Test
    void bashCompletesCommandsAndOptions(@TempDir Path directory) throws Exception {
        Path script = Files.writeString(directory.resolve("warmlane.bash"), output("completion"));

        assertThat(completed(script, "warmlane", "re")).containsExactly("replay");
        assertThat(completed(script, "warmlane", "replay", "--wi")).containsExactly("--wide");
    }

    /** What bash offers for the last word. */
    private static List<String> completed(Path script, String... words) throws IOException, InterruptedException {
        String line = String.join(" ", words);
        String ask =
                "source %s; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE='%s'; COMP_POINT=%d; _complete_warmlane; printf '%%s\\n' \"${COMPREPLY[@]}\""
                        .formatted(script, line, words.length - 1, line, line.length());
        String offered = ChildProcess.run(new ProcessBuilder("bash", "-c", ask)).output();
        return offered.lines()
                .map(String::strip)
                .filter(each -> !each.isEmpty())
                .toList();
    }

    @Test
    void helpShowsTheSettingsThatPeopleNeed() {
        String help = output("serve", "--help");

        assertThat(help).contains("--warmlane.endpoints=", "--server.port=8080", "--check");
        assertThat(help.lines())
                .as("settings as one can copy them")
                .anyMatch(line -> line.strip().equals("--warmlane.cluster.secret-file=/etc/warmlane/secret"));
    }

    @Test
    void aWordThatNoCommandTakesIsSaidToBeOne() {
        assertThat(error("simulate", "8001")).startsWith("8001: not expected (expected: options alone)");
    }

    @Test
    void helpIsACommandToo() {
        assertThat(output("help", "validate")).isEqualTo(output("validate", "--help"));
    }

    private static String output(String... arguments) {
        StringWriter output = new StringWriter();
        CommandLine command = Warmlane.commandLine().setOut(new PrintWriter(output));
        assertThat(command.execute(arguments)).isZero();
        return output.toString();
    }

    private static String error(String... arguments) {
        StringWriter error = new StringWriter();
        CommandLine command = Warmlane.commandLine().setErr(new PrintWriter(error));
        assertThat(command.execute(arguments)).isEqualTo(2);
        return error.toString();
    }
}
