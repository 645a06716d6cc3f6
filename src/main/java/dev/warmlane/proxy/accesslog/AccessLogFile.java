package dev.warmlane.proxy.accesslog;

import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that makes room when it is full: {@code access.log} becomes {@code access.log.1}, which becomes {@code access.log.2},
 * and so on; the oldest is deleted. Appends, so that a file truncated by others goes on.
 */
public final class AccessLogFile extends RollingFileAppender<AccessRecord> {
    private static final int BUFFER_BYTES = 64 * 1024;

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
        setOutputStream(new BufferedOutputStream(new FileOutputStream(name, true), BUFFER_BYTES));
    }
}
