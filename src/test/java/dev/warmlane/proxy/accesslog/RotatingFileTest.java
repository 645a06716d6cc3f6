package dev.warmlane.proxy.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingFileTest {
    @TempDir
    private Path directory;

    private RotatingFile open(int maxBytes) throws IOException {
        return new RotatingFile(directory.resolve("access.log"), maxBytes, 2);
    }

    private static void write(RotatingFile file, String... lines) throws IOException {
        for (String line : lines) {
            byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
            file.write(bytes, bytes.length);
        }
    }

    @Test
    void keepsSoManyFullFilesAndNoMore() throws IOException {
        try (RotatingFile file = open(4)) {
            write(file, "one\n", "two\n", "3\n", "3\n", "four\n", "5\n");
        }
        assertThat(directory.resolve("access.log")).hasContent("5\n");
        assertThat(directory.resolve("access.log.1")).hasContent("four\n");
        assertThat(directory.resolve("access.log.2")).hasContent("3\n3\n");
        assertThat(directory.resolve("access.log.3")).doesNotExist();
    }

    @Test
    void goesOnWhereAnEarlierProcessEnded() throws IOException {
        Files.writeString(directory.resolve("access.log"), "one\n");
        try (RotatingFile file = open(8)) {
            write(file, "two\n", "three\n");
        }
        assertThat(directory.resolve("access.log.1")).hasContent("one\ntwo\n");
        assertThat(directory.resolve("access.log")).hasContent("three\n");
    }

    @Test
    void goesOnInAFileThatSomeoneElseHasTruncated() throws IOException {
        try (RotatingFile file = open(1000)) {
            write(file, "one\n");
            Files.writeString(directory.resolve("access.log"), "");
            write(file, "two\n");
        }
        assertThat(directory.resolve("access.log")).hasContent("two\n");
    }

    @Test
    void aFileThatCannotBeMadeFailsAtOnce() {
        assertThatThrownBy(() -> new RotatingFile(directory.resolve("no/such/file"), 10, 1))
                .isInstanceOf(IOException.class);
    }
}
