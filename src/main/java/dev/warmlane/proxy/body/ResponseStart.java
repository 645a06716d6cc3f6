package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.ResponseIds;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the id of a response from its first bytes while they pass. Not thread-safe. */
public final class ResponseStart {
    /** The id is the first member; whoever puts this much before it is not vLLM. */
    private static final int READ_BYTES = 4096;

    private byte[] bytes = {};
    private boolean over;
    private @Nullable String id;

    /** Notes a chunk without consuming it. */
    public void accept(ByteBuf chunk) {
        if (over) {
            return;
        }
        int known = bytes.length;
        int count = Math.min(chunk.readableBytes(), READ_BYTES - known);
        bytes = Arrays.copyOf(bytes, known + count);
        chunk.getBytes(chunk.readerIndex(), bytes, known, count);
        id = ResponseIds.idIn(bytes);
        if (id != null || bytes.length == READ_BYTES) {
            over = true;
            bytes = new byte[0];
        }
    }

    /** The id, once; null before it is known and after it was taken. */
    public @Nullable String takeId() {
        String taken = id;
        id = null;
        return taken;
    }
}
