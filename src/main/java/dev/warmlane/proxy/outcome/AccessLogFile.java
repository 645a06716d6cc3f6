package dev.warmlane.proxy.outcome;

import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/**
 * A file that makes room when it is full: {@code access.log} becomes {@code access.log.1}, which becomes {@code access.log.2},
 * and so on; the oldest is deleted. Appends, so that a file truncated by others goes on.
 */
public final class AccessLogFile extends RollingFileAppender<AccessRecord> {
    /**
     * Opened when it starts.
     *
     * @param file without {@code %}, which means something to Logback
     * @param maxBytes after which it is full; exceeded by what is buffered
     * @param keptFiles full files that are kept, at least 1
     */
    public AccessLogFile(Path file, long maxBytes, int keptFiles) {
        setContext(new ContextBase());
        setFile(file.toString());
        FixedWindowRollingPolicy numbered = new FixedWindowRollingPolicy() {
            @Override
            protected int getMaxWindowSize() {
                return keptFiles;
            }
        };
        numbered.setContext(getContext());
        numbered.setParent(this);
        numbered.setFileNamePattern(file + ".%i");
        numbered.setMaxIndex(keptFiles);
        numbered.start();
        SizeBasedTriggeringPolicy<AccessRecord> full = new SizeBasedTriggeringPolicy<>();
        full.setContext(getContext());
        full.setMaxFileSize(new FileSize(maxBytes));
        full.setCheckIncrement(Duration.buildByMilliseconds(0));
        full.start();
        setRollingPolicy(numbered);
        setTriggeringPolicy(full);
    }

    /** A plain stream, because Logback's own would hide what could not be written, and make missing directories. */
    @Override
    public void openFile(String name) throws IOException {
        if (name.contains("%")) {
            throw new IOException(name + ": percent sign (expected: a path without)");
        }
        setOutputStream(new WholeBatches(new File(name), new FileOutputStream(name, true)));
    }

    /**
     * Appends to a file what comes between two flushes, or nothing of it: where the disk is full, neither half a line stays, to which the
     * next would be glued, nor lines that count as lost. Others may truncate the file. No channel: an interrupt would close it, and the
     * thread of the log is interrupted when it is to end. For one thread.
     */
    static final class WholeBatches extends BufferedOutputStream {
        private static final int BUFFER_BYTES = 64 * 1024;

        private final File file;
        private boolean begun;
        private long before;

        /** @param appending to the end of the file; closed with this */
        WholeBatches(File file, OutputStream appending) {
            super(appending, BUFFER_BYTES);
            this.file = file;
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
            if (!begun) {
                begun = true;
                before = file.length();
            }
            try {
                super.write(bytes, offset, length);
            } catch (IOException e) {
                undo(e);
                throw e;
            }
        }

        @Override
        public synchronized void flush() throws IOException {
            try {
                super.flush();
                begun = false;
            } catch (IOException e) {
                undo(e);
                throw e;
            }
        }

        private void undo(IOException why) {
            begun = false;
            count = 0;
            if (!file.isFile()) {
                // Such as a device, which has no length.
                return;
            }
            try (RandomAccessFile whole = new RandomAccessFile(file, "rw")) {
                if (whole.length() > before) {
                    whole.setLength(before);
                }
            } catch (IOException e) {
                why.addSuppressed(e);
            }
        }
    }
}
