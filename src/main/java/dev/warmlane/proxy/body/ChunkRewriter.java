package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.Transfer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Changes a response while it passes, wherever its chunks end: what is not complete yet waits for its end. One for each response. A
 * cancel may come from another thread, while a chunk is on its way.
 */
public abstract sealed class ChunkRewriter {
    private ByteBuf waiting = Unpooled.EMPTY_BUFFER;
    private boolean discarded;

    /** The response as its client gets it. */
    public final Flux<ByteBuf> rewrite(Flux<ByteBuf> chunks, ByteBufAllocator allocator) {
        return chunks.map(chunk -> accept(chunk, allocator))
                .concatWith(Mono.fromSupplier(this::end))
                .doFinally(signal -> discard());
    }

    /** Takes a chunk over and gives what may pass by now, perhaps nothing. */
    final synchronized ByteBuf accept(ByteBuf chunk, ByteBufAllocator allocator) {
        if (discarded) {
            // It was on its way when the client left.
            chunk.release();
            return Unpooled.EMPTY_BUFFER;
        }
        if (!waiting.isReadable() && passesUnchanged(chunk)) {
            return chunk;
        }
        ByteBuf all = join(chunk, allocator);
        ByteBuf passed = take(all, allocator);
        keep(all);
        return passed;
    }

    /** Gives what still waits; the response is over. */
    final synchronized ByteBuf end() {
        ByteBuf rest = waiting;
        waiting = Unpooled.EMPTY_BUFFER;
        return takeLast(rest);
    }

    /** Drops what still waits, and whatever else comes. */
    final synchronized void discard() {
        discarded = true;
        waiting.release();
        waiting = Unpooled.EMPTY_BUFFER;
    }

    private ByteBuf join(ByteBuf chunk, ByteBufAllocator allocator) {
        if (!waiting.isReadable()) {
            return chunk;
        }
        ByteBuf joined = allocator.buffer(waiting.readableBytes() + chunk.readableBytes());
        joined.writeBytes(waiting).writeBytes(chunk);
        waiting.release();
        chunk.release();
        return joined;
    }

    private void keep(ByteBuf rest) {
        if (rest.isReadable()) {
            waiting = rest;
        } else {
            rest.release();
            waiting = Unpooled.EMPTY_BUFFER;
        }
    }

    /** Whether a chunk before which nothing waits is complete, and the client gets it as it is. */
    abstract boolean passesUnchanged(ByteBuf chunk);

    /** Reads what is complete, and gives what the client gets of it, in a buffer of its own. */
    abstract ByteBuf take(ByteBuf all, ByteBufAllocator allocator);

    /** Takes over what was left in the end, and gives what the client gets of it. */
    abstract ByteBuf takeLast(ByteBuf rest);

    private static ByteBuf ascii(String text) {
        return Unpooled.unreleasableBuffer(
                Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII).asReadOnly());
    }

    /** Takes the usage chunk out of a stream of server-sent events. All other bytes pass unchanged; only an event waits for its end. */
    public static final class UsageChunkRemover extends ChunkRewriter {
        /** A usage chunk is far smaller; a longer event passes without waiting for its end. */
        private static final int MAX_EVENT_BYTES = 16 * 1024;

        private static final byte[] CHOICES = "\"choices\"".getBytes(StandardCharsets.US_ASCII);
        private static final byte[] USAGE = "\"usage\"".getBytes(StandardCharsets.US_ASCII);

        @Override
        boolean passesUnchanged(ByteBuf chunk) {
            return chunk.readableBytes() >= 2 && endsEmptyLine(chunk, chunk.writerIndex() - 1) && !hasNoChoices(chunk);
        }

        @Override
        ByteBuf take(ByteBuf all, ByteBufAllocator allocator) {
            ByteBuf passed = allocator.buffer(all.readableBytes());
            for (int i = all.readerIndex() + 1; i < all.writerIndex(); i++) {
                if (endsEmptyLine(all, i)) {
                    ByteBuf event = all.readSlice(i + 1 - all.readerIndex());
                    if (!isUsageChunk(event)) {
                        passed.writeBytes(event);
                    }
                }
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

        /** Lines may end as they like: LF, CRLF or CR. */
        private static boolean endsEmptyLine(ByteBuf events, int at) {
            int start = events.readerIndex();
            byte last = events.getByte(at);
            byte before = at > start ? events.getByte(at - 1) : 0;
            if (before == '\r' && last == '\n') {
                return at > start + 1 && events.getByte(at - 2) == '\n';
            }
            return before == last && (last == '\n' || last == '\r');
        }

        private static boolean isUsageChunk(ByteBuf event) {
            return hasNoChoices(event) && opensAny(event, USAGE, '{');
        }

        private static boolean hasNoChoices(ByteBuf events) {
            // From bracket to bracket, as there are few, and Netty looks at several bytes at once for one of a kind.
            for (int at = next(events, events.readerIndex(), '['); at >= 0; at = next(events, at + 1, '[')) {
                int inside = at + 1;
                while (inside < events.writerIndex() && isSpace(events.getByte(inside))) {
                    inside++;
                }
                if (inside < events.writerIndex() && events.getByte(inside) == ']' && opens(events, at, CHOICES)) {
                    return true;
                }
            }
            return false;
        }

        private static boolean opensAny(ByteBuf events, byte[] key, char bracket) {
            for (int at = next(events, events.readerIndex(), bracket); at >= 0; at = next(events, at + 1, bracket)) {
                if (opens(events, at, key)) {
                    return true;
                }
            }
            return false;
        }

        private static int next(ByteBuf events, int from, char bracket) {
            return events.indexOf(from, events.writerIndex(), (byte) bracket);
        }

        /** Whether the value of this key begins at a bracket, with or without spaces around the colon. */
        private static boolean opens(ByteBuf events, int bracket, byte[] key) {
            int colon = beforeSpaces(events, bracket);
            if (colon < events.readerIndex() || events.getByte(colon) != ':') {
                return false;
            }
            int from = beforeSpaces(events, colon) + 1 - key.length;
            for (int i = 0; i < key.length; i++) {
                if (from < events.readerIndex() || events.getByte(from + i) != key[i]) {
                    return false;
                }
            }
            return true;
        }

        private static int beforeSpaces(ByteBuf events, int at) {
            int before = at - 1;
            while (before >= events.readerIndex() && isSpace(events.getByte(before))) {
                before--;
            }
            return before;
        }

        private static boolean isSpace(byte b) {
            return b == ' ' || b == '\t';
        }
    }

    /**
     * Tells a client whose prompt was computed elsewhere what that took, in the usage that the endpoint of the response reports. All other
     * bytes pass unchanged: of a stream, only a line that is not complete yet waits for its end; of a body, its last bytes.
     */
    public static final class UsageCorrection extends ChunkRewriter {
        /** A longer line is no usage, and what follows the usage in a body is shorter. */
        private static final int KEPT_BYTES = 4096;

        private static final ByteBuf USAGE = ascii("\"usage\"");

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
}
