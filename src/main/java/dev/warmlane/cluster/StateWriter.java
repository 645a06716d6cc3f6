package dev.warmlane.cluster;

import java.io.IOException;

/** Takes what a member knows, in parts, for another member that asked. */
@FunctionalInterface
public interface StateWriter {
    /**
     * Sends one part. Blocks while the other side is slow.
     *
     * @param chunk at most {@link ClusterTransport#MAX_MESSAGE_BYTES}
     * @throws IOException if the other side has gone, or the limits of time or size are exceeded; writing must stop
     */
    void write(byte[] chunk) throws IOException;
}
