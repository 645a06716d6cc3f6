package dev.warmlane.proxy.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file says, read anew by {@link #check}. The content is compared, not the time of the last change, because
 * Kubernetes exchanges the symbolic links that lead to a mounted Secret. A content that cannot be read is told once and
 * changes nothing. {@link #get} costs one volatile read from any thread; checks come from one thread at a time.
 */
public final class ReloadedFile<T> {
    private static final Logger log = LoggerFactory.getLogger(ReloadedFile.class);
    private static final long MAX_BYTES = 16 << 20;

    private final Path path;
    private final Function<byte[], T> parser;
    private byte[] content;
    private String problem = "";
    private volatile T value;

    /**
     * Reads the file for the first time.
     *
     * @param parser throws IllegalArgumentException with a message that holds no secret
     * @throws IllegalArgumentException if it cannot be read
     */
    public ReloadedFile(Path path, Function<byte[], T> parser) {
        this.path = path;
        this.parser = parser;
        try {
            this.content = read();
            this.value = parser.apply(content);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be read: " + reason(e));
        }
    }

    /** What the file said when it could be read last. */
    public T get() {
        return value;
    }

    /** Takes a new content over; keeps the old where the new cannot be used. */
    public void check() {
        try {
            byte[] now = read();
            if (!Arrays.equals(now, content)) {
                T parsed = parser.apply(now);
                content = now;
                value = parsed;
                problem = "";
                log.info("{}: read anew", path);
            }
        } catch (IOException e) {
            keep("cannot be read: " + reason(e));
        } catch (IllegalArgumentException e) {
            keep(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            // Whatever is wrong with it: the next check must still come.
            keep("cannot be read: " + reason(e));
        }
    }

    private void keep(String newProblem) {
        if (!newProblem.equals(problem)) {
            problem = newProblem;
            log.warn("{}: {}; what it said before stays in force", path, newProblem);
        }
    }

    private byte[] read() throws IOException {
        if (Files.size(path) > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "%d bytes (expected: at most %d)".formatted(Files.size(path), MAX_BYTES));
        }
        return Files.readAllBytes(path);
    }

    private static String reason(Exception e) {
        return e.getClass().getSimpleName();
    }
}
