package dev.warmlane.settings;

import dev.warmlane.core.hash.Sha256;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * What a file says, reread by {@link #check}. The content is compared, not the time of the last change, because Kubernetes
 * exchanges the symbolic links that lead to a mounted Secret. Content that cannot be used is logged once and changes nothing.
 * {@link #get} costs one volatile read from any thread; checks come from one thread at a time, one of its own where it is
 * {@linkplain #watch watched}.
 */
public final class ReloadedFile<T> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReloadedFile.class);
    private static final long MAX_BYTES = 16 << 20;

    private final Path path;
    private final Function<byte[], T> parser;
    private volatile byte[] content;
    private String problem = "";
    private volatile T value;
    private @Nullable ScheduledExecutorService thread;
    private final List<Consumer<Path>> onReload = new CopyOnWriteArrayList<>();

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

    /**
     * Reads the file for the first time, and checks it from now on until it is closed.
     *
     * @param setting that names the file
     * @param every time between two checks
     * @throws InvalidSettingException if it cannot be read
     */
    @SuppressWarnings("FutureReturnValueIgnored") // A check never fails, and the thread ends when it is closed.
    public static <T> ReloadedFile<T> watch(String setting, String path, Duration every, Function<byte[], T> parser) {
        ReloadedFile<T> file = read(setting, path, parser);
        ScheduledExecutorService watching = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread daemon = new Thread(runnable, "warmlane-files");
            daemon.setDaemon(true);
            return daemon;
        });
        watching.scheduleWithFixedDelay(file::check, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        file.thread = watching;
        return file;
    }

    /**
     * Reads the file that a setting names.
     *
     * @throws InvalidSettingException if it cannot be read
     */
    public static <T> ReloadedFile<T> read(String setting, String path, Function<byte[], T> parser) {
        try {
            return new ReloadedFile<>(Path.of(path), parser);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(setting, path + ": " + e.getMessage());
        }
    }

    /** Where it is, as the setting says. */
    Path path() {
        return path;
    }

    /** The SHA-256 hash, in hexadecimal, of the content that is in force, whatever the file says by now. From any thread. */
    String contentHash() {
        return HexFormat.of().formatHex(Sha256.of(content));
    }

    /** Adds a listener, called with the path after each change of the content. */
    public void onReload(Consumer<Path> listener) {
        onReload.add(listener);
    }

    /** The last content that could be used. */
    public T get() {
        return value;
    }

    /** Takes over new content; keeps the old if the new cannot be used. */
    public void check() {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                // Opening a pipe would wait for whoever writes to it, perhaps for ever.
                throw new IllegalArgumentException("not a regular file, so not read again");
            }
            byte[] now = read();
            if (!Arrays.equals(now, content)) {
                T parsed = parser.apply(now);
                content = now;
                value = parsed;
                problem = "";
                log.info("{}: reloaded", path);
                onReload.forEach(this::tell);
            } else if (!problem.isEmpty()) {
                problem = "";
                log.info("{}: says again what is in force", path);
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

    /** Checks it no more. */
    @Override
    public void close() {
        if (thread != null) {
            thread.shutdownNow();
        }
    }

    /** What is in force does not depend on who hears of it. */
    private void tell(Consumer<Path> listener) {
        try {
            listener.accept(path);
        } catch (RuntimeException e) {
            log.warn("{}: in force, but not everybody could be told: {}", path, e.toString());
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

    /** The error for a file that is not YAML: where it fails, without the content there, which may be a secret. */
    public static IllegalArgumentException notYaml(YAMLException e, String expected) {
        Mark mark = e instanceof MarkedYAMLException marked ? marked.getProblemMark() : null;
        String where =
                mark == null ? "" : ", at line %d, column %d".formatted(mark.getLine() + 1, mark.getColumn() + 1);
        return new IllegalArgumentException("not YAML%s (expected: %s)".formatted(where, expected));
    }

    private static String reason(Exception e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        // A file's own content is in no message of these.
        return e instanceof IOException && e.getMessage() != null
                ? e.getMessage()
                : e.getClass().getSimpleName();
    }
}
