package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.core.encoder.EncoderBase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogFileTest {
    @TempDir
    private Path directory;

    /** A line is the id of its request. */
    private static final Duration CLOSE = Duration.ofMinutes(1);

    private static final class IdLine extends EncoderBase<AccessRecord> {
        @Override
        public byte[] encode(AccessRecord request) {
            return (request.requestId() + "\n").getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public byte[] headerBytes() {
            return new byte[0];
        }

        @Override
        public byte[] footerBytes() {
            return new byte[0];
        }
    }

    private AccessLogFile open(int maxBytes, int keptFiles) {
        AccessLogFile file = new AccessLogFile(directory.resolve("access.log"), maxBytes, keptFiles);
        file.setEncoder(new IdLine());
        file.start();
        return file;
    }

    private static void write(AccessLogFile file, String... ids) {
        for (String id : ids) {
            file.doAppend(Records.refused(id, null));
        }
    }

    @Test
    void keepsSoManyFullFilesAndNoMore() {
        AccessLogFile file = open(4, 2);
        write(file, "one", "two", "3", "3", "four", "5");
        file.stop();
        assertThat(directory.resolve("access.log")).hasContent("5\n");
        assertThat(directory.resolve("access.log.1")).hasContent("four\n");
        assertThat(directory.resolve("access.log.2")).hasContent("3\n3\n");
        assertThat(directory.resolve("access.log.3")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 30})
    void keepsAsFewOrAsManyAsAreAskedFor(int keptFiles) {
        AccessLogFile file = open(1, keptFiles);
        for (int i = 0; i <= keptFiles + 1; i++) {
            write(file, Integer.toString(i));
        }
        file.stop();
        assertThat(directory.resolve("access.log." + keptFiles)).hasContent("1\n");
        assertThat(directory.resolve("access.log." + (keptFiles + 1))).doesNotExist();
    }

    @Test
    void goesOnWhereAnEarlierProcessEnded() throws IOException {
        Files.writeString(directory.resolve("access.log"), "one\n");
        AccessLogFile file = open(8, 2);
        write(file, "two", "three");
        file.stop();
        assertThat(directory.resolve("access.log.1")).hasContent("one\ntwo\n");
        assertThat(directory.resolve("access.log")).hasContent("three\n");
    }

    @Test
    void goesOnInAFileThatSomeoneElseHasTruncated() throws IOException {
        AccessLogFile file = open(1000, 2);
        write(file, "one");
        Files.writeString(directory.resolve("access.log"), "");
        write(file, "two");
        file.stop();
        assertThat(directory.resolve("access.log")).hasContent("two\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no/such/file", "", "100%d.log"})
    void aFileThatCannotBeMadeFailsAtOnce(String name) {
        AccessLogFile file = new AccessLogFile(directory.resolve(name), 10, 1);
        assertThatThrownBy(() -> new AccessLog(file, Pseudonyms.of("salt"), "gw-a", 1, CLOSE, InstantSource.system()))
                .isInstanceOf(IOException.class);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void countsWhatAFullDiskDoesNotTakeAndGoesOnOnceThereIsRoom() throws IOException {
        Path path = Files.createSymbolicLink(directory.resolve("access.log"), Path.of("/dev/full"));
        AccessLog log = new AccessLog(
                new AccessLogFile(path, 1000, 1), Pseudonyms.of("salt"), "gw-a", 10, CLOSE, InstantSource.system());
        log.add(Records.refused("lost", null));
        await().until(() -> log.dropped() == 1);
        Files.delete(path);
        log.add(Records.refused("kept", null));
        log.close();
        assertThat(path).content().contains("\"kept\"").doesNotContain("lost");
        assertThat(log.written()).isEqualTo(1);
    }
}
