package dev.warmlane.proxy.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Changes a response while it passes, wherever its chunks end: what is not complete yet waits for its end. One for each response. A
 * cancel may come from another thread, while a chunk is on its way.
 */
public abstract class ChunkRewriter {
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
}
