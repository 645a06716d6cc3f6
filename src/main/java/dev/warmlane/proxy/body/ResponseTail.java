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

    private static final int BUFFER_BYTES = 2 * KEPT_BYTES;

    private static final byte[] NOTHING = {};

    private byte[] buffer = NOTHING;
    private int length;
    private long seenBytes;
    private boolean silent = true;
    private boolean lineStarts = true;

    /** Notes a chunk without consuming it. */
    public void accept(ByteBuf chunk) {
        seenBytes += chunk.readableBytes();
        if (silent) {
            listen(chunk);
        }
        int count = Math.min(chunk.readableBytes(), KEPT_BYTES);
        makeRoom(count);
        chunk.getBytes(chunk.writerIndex() - count, buffer, length, count);
        length += count;
    }

    /** For the first chunk just enough, as most responses come whole. */
    private void makeRoom(int count) {
        if (length + count > BUFFER_BYTES) {
            // Rarely: the buffer holds twice what must be kept.
            System.arraycopy(buffer, length - KEPT_BYTES, buffer, 0, KEPT_BYTES);
            length = KEPT_BYTES;
        }
        if (length + count > buffer.length) {
            buffer = Arrays.copyOf(buffer, length == 0 ? count : BUFFER_BYTES);
        }
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
        return length == 0 ? null : Usage.lastIn(buffer, 0, length);
    }

    /** Whether the last thing that came is the event after which a stream of chat or completions has no other. */
    public boolean endsWithLastEvent() {
        int start = length - LAST_EVENT.length;
        // Most events end an object there, so that one byte decides.
        return start >= 0
                && buffer[start] == LAST_EVENT[0]
                && Arrays.equals(buffer, start, length, LAST_EVENT, 0, LAST_EVENT.length);
    }

    /** What a stream says by all that has come; begun where that is more than is kept. */
    public StreamStart streamStart() {
        return seenBytes > length ? StreamStart.BEGUN : StreamStart.of(buffer, 0, length);
    }

    /** Whether this is a whole response that was aborted before its first token. Such a response is short. */
    public boolean isZeroTokenAbort() {
        return length > 0 && seenBytes == length && ZeroTokenAbort.isIn(buffer, 0, length);
    }
}
