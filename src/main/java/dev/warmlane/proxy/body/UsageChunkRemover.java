package dev.warmlane.proxy.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.CharsetUtil;

/**
 * Takes the usage chunk out of a stream of server-sent events, wherever chunks end. All other bytes pass unchanged; only an
 * event that is not complete yet waits for its end. A cancel may come from another thread.
 */
public final class UsageChunkRemover {
    /** A usage chunk is far smaller; a longer event passes without waiting for its end. */
    private static final int MAX_EVENT_BYTES = 16 * 1024;

    private static final ByteBuf EVENT_END = ascii("\n\n");
    private static final ByteBuf NO_CHOICES = ascii("\"choices\":[]");
    private static final ByteBuf USAGE = ascii("\"usage\":{");

    private ByteBuf waiting = Unpooled.EMPTY_BUFFER;

    /** Takes a chunk over and gives what may pass by now, perhaps nothing. */
    public synchronized ByteBuf accept(ByteBuf chunk, ByteBufAllocator allocator) {
        ByteBuf events = join(waiting, chunk, allocator);
        ByteBuf passed = allocator.buffer(events.readableBytes());
        int end = ByteBufUtil.indexOf(EVENT_END, events);
        while (end >= 0) {
            ByteBuf event = events.readSlice(end + EVENT_END.readableBytes() - events.readerIndex());
            if (!isUsageChunk(event)) {
                passed.writeBytes(event);
            }
            end = ByteBufUtil.indexOf(EVENT_END, events);
        }
        if (events.readableBytes() > MAX_EVENT_BYTES) {
            passed.writeBytes(events);
        }
        waiting = events.isReadable() ? events : releaseAndEmpty(events);
        return passed;
    }

    /** Gives what still waits; the stream is over. */
    public synchronized ByteBuf end() {
        ByteBuf rest = waiting;
        waiting = Unpooled.EMPTY_BUFFER;
        return rest;
    }

    /** What waits with a chunk behind it, in one buffer; takes both over. */
    static ByteBuf join(ByteBuf waiting, ByteBuf chunk, ByteBufAllocator allocator) {
        if (!waiting.isReadable()) {
            waiting.release();
            return chunk;
        }
        ByteBuf joined = allocator.buffer(waiting.readableBytes() + chunk.readableBytes());
        joined.writeBytes(waiting).writeBytes(chunk);
        waiting.release();
        chunk.release();
        return joined;
    }

    private static boolean isUsageChunk(ByteBuf event) {
        return ByteBufUtil.indexOf(NO_CHOICES, event) >= 0 && ByteBufUtil.indexOf(USAGE, event) >= 0;
    }

    private static ByteBuf releaseAndEmpty(ByteBuf buffer) {
        buffer.release();
        return Unpooled.EMPTY_BUFFER;
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.unreleasableBuffer(
                Unpooled.copiedBuffer(text, CharsetUtil.US_ASCII).asReadOnly());
    }
}
