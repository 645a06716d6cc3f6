package dev.warmlane.proxy.outcome;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Appends to a file what comes between two flushes, or nothing of it: where the disk is full, neither half a line stays, to which the
 * next would be glued, nor lines that count as lost. Others may truncate the file. For one thread.
 */
final class WholeBatches extends BufferedOutputStream {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final FileChannel file;
    private boolean begun;
    private long before;

    /** @param appending to the end of a file; closed with this */
    WholeBatches(FileOutputStream appending) {
        super(appending, BUFFER_BYTES);
        this.file = appending.getChannel();
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (!begun) {
            begun = true;
            before = file.size();
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
        try {
            // Longer it does not become.
            file.truncate(before);
        } catch (IOException e) {
            // Such as a device, which has no length.
            why.addSuppressed(e);
        }
    }
}
