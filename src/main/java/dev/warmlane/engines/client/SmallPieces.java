package dev.warmlane.engines.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;

/**
 * What Netty's encoders make of one message in several buffers: a head and a small body, or an event and the frame of its chunk. To
 * copy them into one costs less than a promise and an entry among the channel's writes for each.
 */
public final class SmallPieces {
    /** Where copying begins to cost what it saves. */
    private static final int LARGEST_BYTES = 8 * 1024;

    private SmallPieces() {}

    /** Puts one buffer in the place of several, unless they are large or not all in memory. */
    public static void join(ByteBufAllocator allocator, List<Object> out) {
        int count = out.size();
        if (count < 2) {
            return;
        }
        int bytes = 0;
        for (int i = 0; i < count; i++) {
            if (!(out.get(i) instanceof ByteBuf piece) || piece.readableBytes() > LARGEST_BYTES - bytes) {
                return;
            }
            bytes += piece.readableBytes();
        }
        ByteBuf joined = allocator.directBuffer(bytes);
        for (int i = 0; i < count; i++) {
            ByteBuf piece = (ByteBuf) out.get(i);
            joined.writeBytes(piece);
            piece.release();
        }
        out.clear();
        out.add(joined);
    }
}
