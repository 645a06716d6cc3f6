package dev.warmlane.proxy;

import java.util.Arrays;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/**
 * Reads a request's body into one array, up to a limit. An array on the heap: it needs no releasing, can be sent again to
 * another endpoint, and is parsed without copying.
 */
final class BodyReader {
    private static final byte[] EMPTY = {};
    private static final int FIRST_GUESS_BYTES = 4096;

    private final int limitBytes;

    BodyReader(int limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** The body, empty if there is none. Fails with 413 past the limit, before reading further. */
    Mono<byte[]> read(ServerHttpRequest request) {
        long contentLength = request.getHeaders().getContentLength();
        if (contentLength > limitBytes) {
            return Mono.error(ApiException.bodyTooLarge(limitBytes));
        }
        if (contentLength == 0) {
            return Mono.just(EMPTY);
        }
        boolean chunked = contentLength < 0;
        if (chunked && !request.getHeaders().containsHeader("Transfer-Encoding")) {
            return Mono.just(EMPTY);
        }
        // The announced length is an announcement: it reserves no more than the first guess until bytes come.
        int capacity = chunked ? FIRST_GUESS_BYTES : (int) Math.min(contentLength, 1 << 20);
        return request.getBody()
                .collect(() -> new Joined(capacity, limitBytes), Joined::append)
                .map(Joined::toArray);
    }

    private static final class Joined {
        private final int limitBytes;
        private byte[] bytes;
        private int length;

        Joined(int capacity, int limitBytes) {
            this.bytes = new byte[capacity];
            this.limitBytes = limitBytes;
        }

        void append(DataBuffer buffer) {
            try {
                int readable = buffer.readableByteCount();
                if (readable > limitBytes - length) {
                    throw ApiException.bodyTooLarge(limitBytes);
                }
                if (readable > bytes.length - length) {
                    int doubled = (int) Math.min(limitBytes, Math.max(2L * bytes.length, (long) length + readable));
                    bytes = Arrays.copyOf(bytes, doubled);
                }
                buffer.read(bytes, length, readable);
                length += readable;
            } finally {
                DataBufferUtils.release(buffer);
            }
        }

        byte[] toArray() {
            return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        }
    }
}
