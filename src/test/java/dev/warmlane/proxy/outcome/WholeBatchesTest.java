package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.outcome.AccessLogFile.WholeBatches;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeBatchesTest {
    private static final String LONG = "x".repeat(100_000) + "\n";

    private Path log;

    @BeforeEach
    void make(@TempDir Path directory) {
        log = directory.resolve("access.log");
    }

    @Test
    void leavesNothingOfABatchThatDoesNotFit() throws IOException {
        try (WholeBatches batches = new WholeBatches(log.toFile(), new Disk(log.toFile(), 20))) {
            batch(batches, "first\n");
            assertThatThrownBy(() -> batch(batches, "second\nthird\n", "fourth\n"))
                    .hasMessageContaining("No space");
            assertThat(log).hasContent("first\n");
        }
        assertThat(log).hasContent("first\n");
    }

    @Test
    void leavesNothingOfOneThatFailsBeforeItsFlush() throws IOException {
        try (WholeBatches batches = new WholeBatches(log.toFile(), new Disk(log.toFile(), 150_000))) {
            batch(batches, "first\n");
            assertThatThrownBy(() -> batch(batches, LONG, LONG, "end\n")).hasMessageContaining("No space");
            assertThat(log).hasContent("first\n");
        }
    }

    @Test
    void goesOnWhereOthersHaveTruncatedTheFile() throws IOException {
        try (WholeBatches batches = new WholeBatches(log.toFile(), new Disk(log.toFile(), 30))) {
            batch(batches, "first first first\n");
            Files.write(log, new byte[0]);
            batch(batches, "second\n");
            assertThatThrownBy(() -> batch(batches, "third third third\n")).hasMessageContaining("No space");
            assertThat(log).hasContent("second\n");
        }
    }

    @Test
    void writesWhatIsLeftAlthoughItsThreadIsInterrupted() throws IOException {
        try (WholeBatches batches = new WholeBatches(log.toFile(), new Disk(log.toFile(), 30))) {
            batch(batches, "first\n");
            Thread.currentThread().interrupt();
            batch(batches, "second\n");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(log).hasContent("first\nsecond\n");
    }

    private static void batch(WholeBatches batches, String... lines) throws IOException {
        for (String line : lines) {
            batches.write(line.getBytes(StandardCharsets.UTF_8));
        }
        batches.flush();
    }

    /** A file on a disk that takes so many bytes and no more. */
    private static final class Disk extends FileOutputStream {
        private int room;

        Disk(File file, int room) throws IOException {
            super(file, true);
            this.room = room;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int fits = Math.min(room, length);
            super.write(bytes, offset, fits);
            room -= fits;
            if (fits < length) {
                throw new IOException("No space left on device");
            }
        }
    }
}
