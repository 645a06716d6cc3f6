package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.core.vllm.ZeroTokenAbort;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last bytes of a response while it passes through, because that is where vLLM reports the usage; nothing is parsed
 * before the end. Not thread-safe.
 */
public final class ResponseTail {
    /** A usage chunk has about 400 bytes; what follows it in a body has less than the rest of this. */
    private static final int KEPT_BYTES = 4096;

    private static final byte[] LAST_EVENT = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] NOTHING = {};

    /** Every stream has one as long as it lasts. Once it has all the bytes that are kept, the next ones replace the oldest. */
    private byte[] buffer = NOTHING;

    private int next;
    private long seenBytes;
    private boolean silent = true;
    private boolean lineStarts = true;

    /** Notes a chunk without consuming it. */
    public void accept(ByteBuf chunk) {
        int bytes = chunk.readableBytes();
        if (silent) {
            listen(chunk);
        }
        makeRoom(bytes);
        seenBytes += bytes;
        int count = Math.min(bytes, buffer.length);
        int from = chunk.writerIndex() - count;
        int first = Math.min(count, buffer.length - next);
        chunk.getBytes(from, buffer, next, first);
        chunk.getBytes(from + first, buffer, 0, count - first);
        next = count == first ? next + count : count - first;
    }

    /** For the first chunk just enough, as most responses come whole. */
    private void makeRoom(int bytes) {
        if (seenBytes + bytes > buffer.length && buffer.length < KEPT_BYTES) {
            // Nothing was replaced yet, so what was kept is all that came.
            long doubled = Math.max(seenBytes + bytes, 2L * buffer.length);
            buffer = Arrays.copyOf(buffer, (int) Math.min(doubled, KEPT_BYTES));
        }
    }

    private boolean isAllKept() {
        return seenBytes <= buffer.length;
    }

    private void listen(ByteBuf chunk) {
        for (int i = chunk.readerIndex(); i < chunk.writerIndex(); i++) {
            byte b = chunk.getByte(i);
            if (lineStarts && b != ':' && b != '\n' && b != '\r') {
                silent = false;
                return;
            }
            lineStarts = b == '\n' || (lineStarts && b == '\r');
        }
    }

    /** Whether what has come of a stream is comments and empty lines, which say nothing. */
    public boolean isSilent() {
        return silent;
    }

    /** The usage that the response reports at its end, or null. */
    @Nullable
    public Usage usage() {
        if (isAllKept()) {
            return seenBytes == 0 ? null : Usage.lastIn(buffer, 0, next);
        }
        byte[] inOrder = Arrays.copyOfRange(buffer, next, next + buffer.length);
        System.arraycopy(buffer, 0, inOrder, buffer.length - next, next);
        return Usage.lastIn(inOrder, 0, inOrder.length);
    }

    /** Whether the last thing that came is the event after which a stream of chat or completions has no other. */
    public boolean endsWithLastEvent() {
        if (seenBytes < LAST_EVENT.length) {
            return false;
        }
        // Most events end an object there, so that one byte decides.
        for (int i = 0, at = next - LAST_EVENT.length; i < LAST_EVENT.length; i++, at++) {
            if (buffer[at < 0 ? at + buffer.length : at] != LAST_EVENT[i]) {
                return false;
            }
        }
        return true;
    }

    /** What a stream says by all that has come; begun where that is more than is kept. */
    public StreamStart streamStart() {
        return isAllKept() ? StreamStart.of(buffer, 0, next) : StreamStart.BEGUN;
    }

    /** Whether this is a whole response that was aborted before its first token. Such a response is short. */
    public boolean isZeroTokenAbort() {
        return seenBytes > 0 && isAllKept() && ZeroTokenAbort.isIn(buffer, 0, next);
    }
}
