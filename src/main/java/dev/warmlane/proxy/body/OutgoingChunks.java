package dev.warmlane.proxy.body;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Mono;

/**
 * Chunks of a response on their way to the writer, which takes them one by one. Between the two they wait in queues of Spring's
 * and Reactor's, which lose them unreleased when the client leaves at the wrong moment; so here they belong to the response until
 * they are taken. Safe for concurrent use: the client leaves on another thread than the one on which chunks come.
 */
public final class OutgoingChunks {
    private final Queue<DataBuffer> waiting = new ArrayDeque<>();
    private final Mono<DataBuffer> next = Mono.fromSupplier(this::take);
    private boolean over;

    /** Takes a chunk over, and gives what takes the chunk that is next; empty once the response is over. */
    public synchronized Mono<DataBuffer> add(DataBuffer chunk) {
        if (over) {
            DataBufferUtils.release(chunk);
        } else {
            waiting.add(chunk);
        }
        return next;
    }

    /** The response is over, whatever way: what nobody has taken is released. */
    public synchronized void end() {
        over = true;
        waiting.forEach(DataBufferUtils::release);
        waiting.clear();
    }

    private synchronized @Nullable DataBuffer take() {
        return waiting.poll();
    }
}
