package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class WarmlaneTest {

    @Test
    void aCommandIsSuggestedOnlyWhereItMayHaveBeenMeant() {
        assertThat(error("frobnicate")).contains("'frobnicate'").doesNotContain("validate");
        assertThat(error("vaildate")).contains("validate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"replay", "validate"})
    void aChoiceListsItsNamesOnce(String command) {
        assertThat(error(command, "--format", "xml"))
                .startsWith("--format: xml (expected: table, json")
                .doesNotContain("TABLE");
    }

    private static String error(String... arguments) {
        StringWriter error = new StringWriter();
        CommandLine command = Warmlane.commandLine().setErr(new PrintWriter(error));
        assertThat(command.execute(arguments)).isEqualTo(2);
        return error.toString();
    }
}
