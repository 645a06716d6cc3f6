package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.warmlane.settings.GivenSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command of ours that a page shows is one, with options and settings that there are. */
class DocsCommandsTest {
    private static final Pattern COMMAND =
            Pattern.compile("(?m)^ *(?:java -jar (?:target/)?warmlane\\.jar|warmlane) (.*)$");

    private static Stream<String> shown() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            List<Path> pages = Stream.concat(docs, Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")))
                    .filter(page -> page.toString().endsWith(".md"))
                    .toList();
            return pages.stream().flatMap(DocsCommandsTest::commands).distinct().toList().stream();
        }
    }

    private static Stream<String> commands(Path page) {
        try {
            return COMMAND.matcher(Files.readString(page).replace("\\\n", " "))
                    .results()
                    .map(command ->
                            command.group(1).replaceAll("\\s+#.*|[>|].*", "").strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** It takes the first line of each description. */
    @Test
    void theListOfCommandsHasWholeSentences() {
        assertThat(Warmlane.commandLine().getSubcommands().values())
                .extracting(command -> command.getCommandSpec().usageMessage().description()[0])
                .allSatisfy(first -> assertThat(first).endsWith("."));
    }

    /** Each part of a description is a line of its own, so one that ends within a sentence would be broken there at any width. */
    @Test
    void optionsAreDescribedInWholeSentences() {
        assertThat(Warmlane.commandLine().getSubcommands().values().stream()
                        .flatMap(command -> command.getCommandSpec().options().stream())
                        .flatMap(option -> Stream.of(option.description())))
                .hasSizeGreaterThan(50)
                .allSatisfy(line -> assertThat(line).endsWith("."));
    }

    @Test
    void thereAreSome() throws IOException {
        assertThat(shown()).hasSizeGreaterThan(8).anyMatch(command -> command.startsWith("replay "));
    }

    @ParameterizedTest
    @MethodSource("shown")
    void isUnderstood(String command) {
        List<String> words = Arrays.asList(command.split("\\s+"));
        boolean settings = words.get(0).equals("serve") || words.get(0).contains("=");
        assertThatCode(() -> {
                    if (settings) {
                        GivenSettings.check(words.stream()
                                .filter(word -> !word.equals("serve") && !word.equals("--check"))
                                .toList());
                    } else {
                        Warmlane.commandLine().parseArgs(words.toArray(new String[0]));
                    }
                })
                .doesNotThrowAnyException();
    }
}
