package dev.warmlane.proxy.body;

import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The memory that the bodies of all requests together may take. Safe for concurrent use; takes no lock. */
public final class BodyBudget {
    /** Of the heap, where no setting says otherwise. */
    private static final int HEAP_SHARE = 4;

    private final long limitBytes;
    private final AtomicLong reserved = new AtomicLong();
    private final LongAdder refusals = new LongAdder();

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
    boolean reserve(int bytes) {
        if (reserved.addAndGet(bytes) <= limitBytes) {
            return true;
        }
        reserved.addAndGet(-bytes);
        refusals.increment();
        return false;
    }

    /**
     * The same for a copy beside a body, which is also granted where nobody else holds any: else the largest body could never
     * be copied.
     *
     * @param heldBytes what the body itself holds
     */
    boolean reserveCopy(int bytes, int heldBytes) {
        long all = reserved.addAndGet(bytes);
        if (all <= limitBytes || all - bytes <= heldBytes) {
            return true;
        }
        reserved.addAndGet(-bytes);
        refusals.increment();
        return false;
    }

    void release(int bytes) {
        reserved.addAndGet(-bytes);
    }

    /** Bytes that are taken now. */
    long reserved() {
        return reserved.get();
    }

    public void registerWith(MeterRegistry registry) {
        GatewayMeter.BUFFERED_BODY_BYTES.gauge(registry, this, BodyBudget::reserved);
        GatewayMeter.BUFFERED_BODY_LIMIT.gauge(registry, this, budget -> budget.limitBytes);
        GatewayMeter.BUFFERED_BODY_REFUSALS.counter(registry, refusals, LongAdder::sum);
    }
}
