package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.tools.validation.ValidateCommand.ApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeyTest {
    @TempDir
    Path folder;

    @Test
    void theFileIsStrongerThanTheVariable() throws IOException {
        Path file = Files.writeString(folder.resolve("key"), "from-file\n");
        assertThat(ApiKey.read(file, "from-variable")).isEqualTo("from-file");
        assertThat(ApiKey.read(null, "from-variable")).isEqualTo("from-variable");
        assertThat(ApiKey.read(null, null)).isNull();
    }

    @Test
    void refusesWhatIsNoKeyWithoutTellingIt() throws IOException {
        Path file = Files.writeString(folder.resolve("key"), "two\nlines\n");
        assertThatThrownBy(() -> ApiKey.read(file, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("api-key-file: 9 characters (expected: one line of visible ASCII)");
        assertThatThrownBy(() -> ApiKey.read(folder.resolve("none"), null)).hasMessageContaining("can be read");
    }
}
