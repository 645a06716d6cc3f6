package dev.warmlane.proxy.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.CharsetUtil;

/** Takes the usage chunk out of a stream of server-sent events. All other bytes pass unchanged; only an event waits for its end. */
public final class UsageChunkRemover extends ChunkRewriter {
    /** A usage chunk is far smaller; a longer event passes without waiting for its end. */
    private static final int MAX_EVENT_BYTES = 16 * 1024;

    private static final ByteBuf EVENT_END = ascii("\n\n");
    private static final ByteBuf NO_CHOICES = ascii("\"choices\":[]");
    private static final ByteBuf USAGE = ascii("\"usage\":{");

    @Override
    boolean passesUnchanged(ByteBuf chunk) {
        int end = chunk.writerIndex();
        return chunk.readableBytes() >= 2
                && chunk.getByte(end - 1) == '\n'
                && chunk.getByte(end - 2) == '\n'
                && ByteBufUtil.indexOf(NO_CHOICES, chunk) < 0;
    }

    @Override
    ByteBuf take(ByteBuf all, ByteBufAllocator allocator) {
        ByteBuf passed = allocator.buffer(all.readableBytes());
        int end = ByteBufUtil.indexOf(EVENT_END, all);
        while (end >= 0) {
            ByteBuf event = all.readSlice(end + EVENT_END.readableBytes() - all.readerIndex());
            if (!isUsageChunk(event)) {
                passed.writeBytes(event);
            }
            end = ByteBufUtil.indexOf(EVENT_END, all);
        }
        if (all.readableBytes() > MAX_EVENT_BYTES) {
            passed.writeBytes(all);
        }
        return passed;
    }

    @Override
    ByteBuf takeLast(ByteBuf rest) {
        return rest;
    }

    private static boolean isUsageChunk(ByteBuf event) {
        return ByteBufUtil.indexOf(NO_CHOICES, event) >= 0 && ByteBufUtil.indexOf(USAGE, event) >= 0;
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.unreleasableBuffer(
                Unpooled.copiedBuffer(text, CharsetUtil.US_ASCII).asReadOnly());
    }
}
