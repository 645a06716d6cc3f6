package dev.warmlane.proxy.accesslog;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that makes room when it is full: {@code access.log} becomes {@code access.log.1}, which becomes {@code access.log.2},
 * and so on; the oldest is deleted. Appends, so that a file truncated by others goes on. For one thread.
 */
public final class RotatingFile implements LineSink {
    private final Path file;
    private final long maxBytes;
    private final int keptFiles;
    private @Nullable FileOutputStream stream;

    /**
     * Opens the file, or makes it.
     *
     * @param maxBytes after which it is full; exceeded by what is written at once
     * @param keptFiles full files that are kept, at least 1
     */
    public RotatingFile(Path file, long maxBytes, int keptFiles) throws IOException {
        this.file = file;
        this.maxBytes = maxBytes;
        this.keptFiles = keptFiles;
        this.stream = open();
    }

    @Override
    public void write(byte[] lines, int length) throws IOException {
        FileOutputStream out = stream != null ? stream : open();
        stream = out;
        try {
            out.write(lines, 0, length);
            if (out.getChannel().size() >= maxBytes) {
                close();
                rotate();
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        FileOutputStream open = stream;
        stream = null;
        if (open != null) {
            open.close();
        }
    }

    /** A stream of {@code java.io}, which no interrupt closes, unlike a channel. */
    private FileOutputStream open() throws IOException {
        return new FileOutputStream(file.toFile(), true);
    }

    private void rotate() throws IOException {
        for (int i = keptFiles; i > 0; i--) {
            try {
                Files.move(i == 1 ? file : numbered(i - 1), numbered(i), StandardCopyOption.REPLACE_EXISTING);
            } catch (NoSuchFileException notThatManyYet) {
                // The next lower number may be there.
            }
        }
    }

    private Path numbered(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }
}
