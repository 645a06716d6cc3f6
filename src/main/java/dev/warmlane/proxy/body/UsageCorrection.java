package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.Transfer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Tells a client whose prompt was computed elsewhere what that took, in the usage that the endpoint of the response reports. All other
 * bytes pass unchanged: of a stream, only a line that is not complete yet waits for its end; of a body, its last bytes.
 */
public final class UsageCorrection extends ChunkRewriter {
    /** A longer line is no usage, and what follows the usage in a body is shorter. */
    private static final int KEPT_BYTES = 4096;

    private static final ByteBuf USAGE = Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer("\"usage\"", StandardCharsets.US_ASCII).asReadOnly());

    private final Transfer transfer;
    private final boolean events;

    /** @param events whether the response is a stream of events, rather than a body whose length is known */
    public UsageCorrection(Transfer transfer, boolean events) {
        this.transfer = transfer;
        this.events = events;
    }

    @Override
    boolean passesUnchanged(ByteBuf chunk) {
        return events
                && chunk.isReadable()
                && chunk.getByte(chunk.writerIndex() - 1) == '\n'
                && ByteBufUtil.indexOf(USAGE, chunk) < 0;
    }

    @Override
    ByteBuf take(ByteBuf all, ByteBufAllocator allocator) {
        int end = events ? afterLastLine(all) : Math.max(all.readerIndex(), all.writerIndex() - KEPT_BYTES);
        ByteBuf passed = all.readRetainedSlice(end - all.readerIndex());
        return events ? corrected(passed) : passed;
    }

    @Override
    ByteBuf takeLast(ByteBuf rest) {
        return corrected(rest);
    }

    private ByteBuf corrected(ByteBuf part) {
        if (ByteBufUtil.indexOf(USAGE, part) < 0) {
            return part;
        }
        byte[] bytes = ByteBufUtil.getBytes(part);
        part.release();
        return Unpooled.wrappedBuffer(transfer.correct(bytes, !events));
    }

    private static int afterLastLine(ByteBuf all) {
        for (int i = all.writerIndex() - 1; i >= all.readerIndex(); i--) {
            if (all.getByte(i) == '\n') {
                return i + 1;
            }
        }
        return all.readableBytes() > KEPT_BYTES ? all.writerIndex() : all.readerIndex();
    }
}
