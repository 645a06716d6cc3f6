package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.ToldUse;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Something that happened at this replica and that the others are to know. Immutable, and cheap to make. */
sealed interface Fact {

    /** A key is bound, or was used again where it is. */
    record Bound(AffinityKey key, EndpointId endpoint, long order) implements Fact {}

    /**
     * A key is bound no more.
     *
     * @param endpoint only if it is bound to this; null: wherever
     */
    record Unbound(AffinityKey key, @Nullable EndpointId endpoint) implements Fact {}

    /**
     * An endpoint computes a prompt.
     *
     * @param held leading blocks that it held before
     */
    record Placed(String pool, EndpointId endpoint, PromptBlocks prompt, int held) implements Fact {}

    /** An endpoint holds this chain of blocks, from its beginning: told again to whoever missed it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Held(String pool, EndpointId endpoint, long[] chain) implements Fact {}

    /**
     * An endpoint has not computed the prompt.
     *
     * @param held leading blocks that it holds all the same
     */
    record Trimmed(String pool, EndpointId endpoint, PromptBlocks prompt, int held) implements Fact {}

    /**
     * A prediction met the truth.
     *
     * @param missedBlocks as of {@code PredictedContents.correct}
     */
    record Corrected(String pool, EndpointId endpoint, double missedBlocks) implements Fact {}

    /** An operator drains an endpoint, or puts it back. */
    record Drained(String pool, EndpointId endpoint, Drain said) implements Fact {}

    /** What requests and responses of this replica say of a pool's prompts. */
    record Used(String pool, List<ToldUse> told) implements Fact {}

    /** An endpoint's cache is empty. */
    record Emptied(String pool, EndpointId endpoint) implements Fact {}

    /**
     * An endpoint has made a response that it stores.
     *
     * @param response as of {@code StoredResponses}
     */
    record Stored(long response, EndpointId endpoint) implements Fact {}

    /**
     * Somebody tells of a chain whose beginning is not known here.
     *
     * @param origin a hash of who
     */
    record Asked(String pool, EndpointId endpoint, long origin, long last) implements Fact {}

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

        /** Facts that were never told. */
        long dropped() {
            return dropped.sum();
        }
    }
}
