package dev.warmlane.core.sharing;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Facts that wait to be told. Requests put them in, so that takes no lock and never waits: what does not fit is dropped and
 * counted, and everything is told as a whole afterwards. One thread takes them out.
 */
final class FactQueue {
    private final ConcurrentLinkedQueue<Fact> facts = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private final int most;
    private volatile Runnable onFact = () -> {};

    /** @param most facts that wait at a time, at least 1 */
    FactQueue(int most) {
        this.most = most;
    }

    /** Calls this after each fact, on the thread that noted it. */
    void onFact(Runnable listener) {
        onFact = listener;
    }

    /** Something is to be told that is no fact. */
    void signal() {
        onFact.run();
    }

    void add(Fact fact) {
        if (size.incrementAndGet() > most) {
            size.decrementAndGet();
            dropped.increment();
        } else {
            facts.add(fact);
        }
        onFact.run();
    }

    @Nullable
    Fact poll() {
        Fact fact = facts.poll();
        if (fact != null) {
            size.decrementAndGet();
        }
        return fact;
    }

    boolean isEmpty() {
        return size.get() == 0;
    }

    /** Facts that were never told. */
    long dropped() {
        return dropped.sum();
    }
}
