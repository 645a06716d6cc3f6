package dev.warmlane.proxy.accesslog;

import java.io.IOException;

/** Where lines go. For one thread. */
public interface LineSink extends AutoCloseable {

    /**
     * Writes whole lines, at once.
     *
     * @throws IOException if they cannot be written; the next call tries anew
     */
    void write(byte[] lines, int length) throws IOException;

    @Override
    void close() throws IOException;

    /** Standard output, which stays open. */
    static LineSink standardOutput() {
        return new LineSink() {
            @Override
            public void write(byte[] lines, int length) {
                System.out.write(lines, 0, length);
                System.out.flush();
            }

            @Override
            public void close() {}
        };
    }
}
