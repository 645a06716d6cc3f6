package dev.warmlane.proxy.outcome;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;

/**
 * Appends to a file what comes between two flushes, or nothing of it: where the disk is full, neither half a line stays, to which the
 * next would be glued, nor lines that count as lost. Others may truncate the file. No channel: an interrupt would close it, and the
 * thread of the log is interrupted when it is to end. For one thread.
 */
final class WholeBatches extends BufferedOutputStream {
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
