package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.ErrorEvent;
import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.core.vllm.StreamStart.ZeroTokenAbort;
import dev.warmlane.core.vllm.Usage;
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
    private static final int MOST_KEPT = 4096;

    /** In a stream of smaller chunks, as tokens are, only a few of them follow the usage: so this, or as much as a few chunks. */
    private static final int LEAST_KEPT = 1024;

    private static final int CHUNKS = 4;

    private static final byte[] LAST_EVENT = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] NOTHING = {};

    /** Every stream has one as long as it lasts. Once it has all the bytes that are kept, the next ones replace the oldest. */
    private byte[] buffer = NOTHING;

    private int limit = LEAST_KEPT;
    private int next;
    private int kept;
    private boolean allKept = true;
    private boolean silent = true;
    private boolean lineStarts = true;

    private final boolean searching;
    private @Nullable Usage earlier;

    /** One that reads the usage only if it is near the end. */
    public ResponseTail() {
        this(false);
    }

    /**
     * @param usageNeeded whether the usage is looked for in all of a long response: behind it a body can have the tokens of the
     *     prompt, or its text, if the client has asked for them
     */
    public ResponseTail(boolean usageNeeded) {
        this.searching = usageNeeded;
    }

    /** Notes a chunk without consuming it. */
    public void accept(ByteBuf chunk) {
        int bytes = chunk.readableBytes();
        if (silent) {
            listen(chunk);
        }
        if (searching && bytes > LEAST_KEPT) {
            search(chunk);
        }
        makeRoom(bytes);
        int count = Math.min(bytes, buffer.length);
        int from = chunk.writerIndex() - count;
        int first = Math.min(count, buffer.length - next);
        chunk.getBytes(from, buffer, next, first);
        chunk.getBytes(from + first, buffer, 0, count - first);
        next = count == first ? next + count : count - first;
        allKept &= bytes <= buffer.length - kept;
        kept = Math.min(kept + count, buffer.length);
    }

    /** Tokens of a stream come in smaller chunks, and are not looked through. */
    private void search(ByteBuf chunk) {
        byte[] inOrder = inOrder();
        byte[] joined = new byte[kept + chunk.readableBytes()];
        System.arraycopy(inOrder, 0, joined, 0, kept);
        chunk.getBytes(chunk.readerIndex(), joined, kept, chunk.readableBytes());
        Usage found = Usage.lastIn(joined, 0, joined.length);
        earlier = found == null ? earlier : found;
    }

    /** For the first chunk just enough, as most responses come whole. */
    private void makeRoom(int bytes) {
        limit = (int) Math.max(limit, Math.min((long) CHUNKS * bytes, MOST_KEPT));
        long needed = (long) kept + bytes;
        if (needed > buffer.length && buffer.length < limit) {
            byte[] inOrder = inOrder();
            buffer = Arrays.copyOf(inOrder, (int) Math.min(Math.max(needed, 2L * buffer.length), limit));
            next = kept;
        }
    }

    /** What is kept, from its beginning. */
    private byte[] inOrder() {
        if (kept < buffer.length || next == buffer.length) {
            return buffer;
        }
        byte[] inOrder = Arrays.copyOfRange(buffer, next, next + buffer.length);
        System.arraycopy(buffer, 0, inOrder, buffer.length - next, next);
        return inOrder;
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
        Usage last = kept == 0 ? null : Usage.lastIn(inOrder(), 0, kept);
        return last == null ? earlier : last;
    }

    /** Whether the last event is the one that ends a stream of chat or completions. */
    public boolean endsWithLastEvent() {
        if (kept < LAST_EVENT.length) {
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

    /** Whose error the last event of a stream reports, if any. */
    public ErrorEvent lastError() {
        return kept == 0 ? ErrorEvent.NONE : ErrorEvent.last(inOrder(), kept, allKept);
    }

    /** What a stream says by all that has come; begun where that is more than is kept. */
    public StreamStart streamStart() {
        return allKept ? StreamStart.of(buffer, 0, kept) : StreamStart.BEGUN;
    }

    /** Whether this is a whole response that was aborted before its first token. Such a response is short. */
    public boolean isZeroTokenAbort() {
        return kept > 0 && allKept && ZeroTokenAbort.isIn(buffer, 0, kept);
    }
}
