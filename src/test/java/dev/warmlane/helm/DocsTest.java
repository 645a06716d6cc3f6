package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever values docs/install.md shows can be used, and the gateway starts with what comes of them. */
class DocsTest {
    private static final Path INSTALL = Path.of("docs", "install.md");

    private static Stream<String> shown() throws IOException {
        return found("(?s)```yaml values\n(.*?)```").map(match -> match.group(1));
    }

    private static Stream<MatchResult> found(String pattern) throws IOException {
        return Pattern.compile(pattern).matcher(Files.readString(INSTALL)).results();
    }

    @ParameterizedTest
    @MethodSource("shown")
    void showValuesThatTheGatewayStartsWith(String values) {
        Rendered rendered = Chart.render(values);
        assertThatCode(() -> ProcessSettings.of(rendered)).doesNotThrowAnyException();
        assertThat(ProcessSettings.of(rendered).pools()).isNotEmpty();
    }

    @Test
    void showNoYamlThatIsNotTested() throws IOException {
        assertThat(found("(?m)^```yaml").count()).isEqualTo(shown().count()).isGreaterThan(15);
    }

    @Test
    void setOnlyValuesThatExist() throws IOException {
        assertThat(found("--set ([\\w.]+)=([^\\s`]+)")).isNotEmpty().allSatisfy(match -> {
            String[] path = match.group(1).split("\\.");
            String value = path[path.length - 1] + ": " + match.group(2);
            for (int i = path.length - 2; i >= 0; i--) {
                value = path[i] + ": {" + value + "}";
            }
            assertThat(Chart.render(value).objects()).isNotEmpty();
        });
    }

    @Test
    void pointToFilesThatAreThere() throws IOException {
        assertThat(found("\\]\\((\\.\\.[^)#]*)"))
                .isNotEmpty()
                .allSatisfy(match ->
                        assertThat(INSTALL.resolveSibling(match.group(1))).exists());
    }
}
