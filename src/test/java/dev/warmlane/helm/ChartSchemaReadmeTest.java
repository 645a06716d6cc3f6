package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps what is generated of the chart true: the README's table of values, and the schema of {@code config}. To write both
 * anew: {@code ./mvnw test -Dtest='*ReadmeTest' -Dreadme.write=true}.
 */
class ChartSchemaReadmeTest {
    private static final Path SCHEMA = Chart.DIRECTORY.resolve("values.schema.json");
    private static final Path README = Chart.DIRECTORY.resolve("README.md");
    private static final boolean WRITE = Boolean.getBoolean("readme.write");

    @Test
    void acceptsInConfigWhatTheProcessAccepts() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode schema = (ObjectNode) mapper.readTree(Files.readString(SCHEMA));
        ((ObjectNode) schema.get("$defs")).set("settings", mapper.valueToTree(SettingsSchema.generate()));
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter()
                .withSeparators(Separators.createDefaultInstance().withObjectNameValueSpacing(Spacing.AFTER))
                .withObjectIndenter(new DefaultIndenter("  ", "\n"));
        String expected = mapper.writer().with(printer).writeValueAsString(schema) + "\n";
        if (WRITE) {
            Files.writeString(SCHEMA, expected);
        }
        assertThat(Files.readString(SCHEMA)).isEqualTo(expected);
    }

    @Test
    void listsEveryValueWithItsDefault() throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("| value | default | what |");
        assertThat(start).as("the table's head").isPositive();
        String expected =
                readme.substring(0, start) + ValuesTable.of(Files.readString(Chart.DIRECTORY.resolve("values.yaml")));
        if (WRITE) {
            Files.writeString(README, expected);
        }
        assertThat(Files.readString(README)).isEqualTo(expected);
    }
}
