package dev.warmlane.proxy;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The memory that the bodies of all requests together may take. Safe for concurrent use; takes no lock. */
final class BodyBudget {
    /** Of the heap, where no setting says otherwise. */
    private static final int HEAP_SHARE = 4;

    private final long limitBytes;
    private final AtomicLong reserved = new AtomicLong();
    private final LongAdder refusals = new LongAdder();

    BodyBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /**
     * The budget of the settings.
     *
     * @param settingBytes 0: a quarter of the heap
     * @param largestBodyBytes which always fits if it is alone
     */
    static BodyBudget of(long settingBytes, long largestBodyBytes) {
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

    void release(int bytes) {
        reserved.addAndGet(-bytes);
    }

    /** Bytes that are taken now. */
    long reserved() {
        return reserved.get();
    }

    void registerWith(MeterRegistry registry) {
        Gauge.builder("warmlane.buffered.body", this, BodyBudget::reserved)
                .description("Memory held by the bodies of requests that may still have to be sent")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
        FunctionCounter.builder("warmlane.buffered.body.refusals", refusals, LongAdder::sum)
                .description("Requests refused because the bodies of others took all the memory that bodies may take")
                .register(registry);
    }
}
