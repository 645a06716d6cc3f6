package dev.warmlane.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ReloadedFileTest {
    @TempDir
    private Path folder;

    private Path file;
    private ReloadedFile<Integer> number;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("number"), "1");
        number = new ReloadedFile<>(file, content -> Integer.valueOf(new String(content, UTF_8)));
    }

    @Test
    void takesANewContentOver() throws IOException {
        Files.writeString(file, "2");
        number.check();
        assertThat(number.get()).isEqualTo(2);
    }

    @Test
    void followsLinksThatAreExchangedAsKubernetesDoes() throws IOException {
        Path one = Files.createDirectory(folder.resolve("..1"));
        Path two = Files.createDirectory(folder.resolve("..2"));
        Files.writeString(one.resolve("keys"), "11");
        Files.writeString(two.resolve("keys"), "12");
        Files.setLastModifiedTime(two.resolve("keys"), Files.getLastModifiedTime(one.resolve("keys")));
        Path data = Files.createSymbolicLink(folder.resolve("..data"), one.getFileName());
        Path mounted = Files.createSymbolicLink(folder.resolve("keys"), Path.of("..data", "keys"));
        ReloadedFile<Integer> secret =
                new ReloadedFile<>(mounted, content -> Integer.valueOf(new String(content, UTF_8)));

        Path next = Files.createSymbolicLink(folder.resolve("..next"), two.getFileName());
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        secret.check();

        assertThat(secret.get()).isEqualTo(12);
    }

    @Test
    void whoFailsToHearOfItKeepsItFromNobody(CapturedOutput output) throws IOException {
        AtomicReference<Path> told = new AtomicReference<>();
        number.onReload(path -> {
            throw new IllegalStateException("busy");
        });
        number.onReload(told::set);
        Files.writeString(file, "2");
        number.check();
        assertThat(number.get()).isEqualTo(2);
        assertThat(told).hasValue(file);
        assertThat(output).contains("not everybody could be told").doesNotContain("stays in force");
    }

    @Test
    void waitsForNobodyToWriteToAPipeAndSaysWhenTheFileIsBack(CapturedOutput output) throws Exception {
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        number.check();
        assertThat(output).contains("not a regular file, so not read again; what it said before stays in force");

        Files.delete(file);
        Files.writeString(file, "1");
        number.check();
        number.check();
        assertThat(output.getOut().split("says again what is in force", -1)).hasSize(2);
    }

    @Test
    void keepsTheOldAndSaysOnceThatTheNewIsBad(CapturedOutput output) throws IOException {
        Files.writeString(file, "two");
        number.check();
        number.check();
        assertThat(number.get()).isEqualTo(1);
        assertThat(output.getOut().split("what it said before stays in force", -1))
                .hasSize(2);

        Files.delete(file);
        number.check();
        assertThat(number.get()).isEqualTo(1);
        assertThat(output).contains("cannot be read: there is no such file");

        Files.writeString(file, "3");
        number.check();
        assertThat(number.get()).isEqualTo(3);
    }

    @Test
    void mustBeReadableAtFirst() {
        assertThatThrownBy(() -> new ReloadedFile<>(folder.resolve("none"), content -> content))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot be read: there is no such file");
    }
}
