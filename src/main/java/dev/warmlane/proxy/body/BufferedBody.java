package dev.warmlane.proxy.body;

import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.error.ApiException;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * A request's body in one array, and the part of the budget that it holds. An array on the heap: it can be sent again to another
 * endpoint and is parsed without copying. It grows as bytes come, to at most eight times what has come, whatever length was
 * announced. Until it is released, it holds as much of the budget as it has grown to. Safe for concurrent use.
 */
public final class BufferedBody {
    private static final byte[] NOTHING = {};
    private static final int SMALLEST_GROWTH_BYTES = 4096;
    /**
     * Once this part of the announced length has come, there is room for all of it: a large prompt is not copied each time it
     * doubles.
     */
    private static final int TRUSTED_PART = 8;

    private final BodyBudget budget;
    private final int limitBytes;
    private final int announcedBytes;
    private byte[] bytes = NOTHING;
    private int length;
    private int reserved;
    private boolean released;

    /**
     * An empty body that can grow.
     *
     * @param announcedBytes what the client says that will come, at most the limit; negative if it does not say
     */
    public BufferedBody(BodyBudget budget, int limitBytes, int announcedBytes) {
        this.budget = budget;
        this.limitBytes = limitBytes;
        this.announcedBytes = announcedBytes;
    }

    /** Adds a chunk, and releases it. Fails with 413 past the limit and with 503 past the budget. */
    public synchronized void append(DataBuffer chunk) {
        try {
            int more = chunk.readableByteCount();
            makeRoom(more);
            chunk.read(bytes, length, more);
            length += more;
        } finally {
            DataBufferUtils.release(chunk);
        }
    }

    /** Adds a copy of the first {@code more} bytes, like {@link #append(DataBuffer)}. */
    public synchronized void append(byte[] chunk, int more) {
        makeRoom(more);
        System.arraycopy(chunk, 0, bytes, length, more);
        length += more;
    }

    /** The whole body; empty once it is released. */
    public synchronized byte[] bytes() {
        if (length < bytes.length) {
            bytes = Arrays.copyOf(bytes, length);
        }
        return bytes;
    }

    /** Replaces the bytes that came, and holds the budget for the new ones: the same request in other words. */
    public synchronized void replace(byte[] others) {
        if (!released) {
            budget.release(reserved - others.length);
            reserved = others.length;
            bytes = others;
            length = others.length;
        }
    }

    /** Replaces them by what is made of them. While both are there, the budget is held for both. Fails with 503 past the budget. */
    public void rewrite(UnaryOperator<byte[]> rewriting) {
        byte[] before = bytes();
        if (!reserveCopy(before.length)) {
            throw ApiException.overloadedMemory();
        }
        try {
            replace(rewriting.apply(before));
        } finally {
            budget.release(before.length);
        }
    }

    /** Drops the bytes and returns what they held of the budget; once, however often it is called. */
    public synchronized void release() {
        released = true;
        bytes = NOTHING;
        length = 0;
        budget.release(reserved);
        reserved = 0;
    }

    private synchronized boolean reserveCopy(int copyBytes) {
        return budget.reserveCopy(copyBytes, reserved);
    }

    private void makeRoom(int more) {
        if (more > limitBytes - length) {
            throw ApiException.bodyTooLarge(limitBytes);
        }
        if (more <= bytes.length - length) {
            return;
        }
        int needed = length + more;
        long doubled = Math.max(2L * needed, SMALLEST_GROWTH_BYTES);
        boolean trusted = announcedBytes >= needed && announcedBytes <= (long) TRUSTED_PART * needed;
        int most = announcedBytes >= needed ? announcedBytes : limitBytes;
        int capacity = trusted ? announcedBytes : (int) Math.min(most, doubled);
        if (released || !budget.reserve(capacity - reserved)) {
            throw ApiException.overloadedMemory();
        }
        reserved = capacity;
        bytes = Arrays.copyOf(bytes, capacity);
    }

    /** The memory that the bodies of all requests together may take. Safe for concurrent use; takes no lock. */
    public static final class BodyBudget {
        /** Of the heap, where no setting says otherwise. */
        private static final int HEAP_SHARE = 4;

        private final long limitBytes;
        private final AtomicLong reserved = new AtomicLong();

        /** @param limitBytes that all bodies may take together */
        public BodyBudget(long limitBytes) {
            this.limitBytes = limitBytes;
        }

        /**
         * The budget of the settings.
         *
         * @param settingBytes 0: a quarter of the heap
         * @param largestBodyBytes which always fits if it is alone
         */
        public static BodyBudget of(long settingBytes, long largestBodyBytes) {
            long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
            return new BodyBudget(settingBytes > 0 ? settingBytes : Math.max(share, largestBodyBytes));
        }

        /** Takes this many bytes of the budget. Returns false, and takes none, where they are not left. */
        public boolean reserve(int bytes) {
            if (reserved.addAndGet(bytes) <= limitBytes) {
                return true;
            }
            reserved.addAndGet(-bytes);
            return false;
        }

        /**
         * Takes bytes for a copy of a body. Granted as well where nobody but that body holds any: else the largest could never be copied.
         *
         * @param heldBytes what the body itself holds
         */
        boolean reserveCopy(int bytes, int heldBytes) {
            long all = reserved.addAndGet(bytes);
            if (all <= limitBytes || all - bytes <= heldBytes) {
                return true;
            }
            reserved.addAndGet(-bytes);
            return false;
        }

        /** Gives back what was reserved. */
        public void release(int bytes) {
            reserved.addAndGet(-bytes);
        }

        /** Bytes that are taken now. */
        long reserved() {
            return reserved.get();
        }

        /** Registers its meters. */
        public void registerWith(MeterRegistry registry) {
            RequestMeter.BUFFERED_BODY_BYTES.gauge(registry, this, BodyBudget::reserved);
            RequestMeter.BUFFERED_BODY_LIMIT.gauge(registry, this, budget -> budget.limitBytes);
        }
    }
}
