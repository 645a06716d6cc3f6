package dev.warmlane.core.prefix;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.BlockUses;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Predicts the contents of caches from what this process sent to each endpoint. The blocks of each endpoint are kept in the order of
 * their use, and {@link BlockHolders} knows for all endpoints who holds which:
 * <pre>
 *   pod-a  newest  b0 b1 b2 b3 | c0 c1 | ...  oldest, evicted first
 * </pre>
 * An endpoint holds at most its capacity of blocks, which {@link #correct} adjusts to what it delivers, and evicts the one
 * that was not used for the longest time; one prompt's leading blocks count as used after those behind them, as the engine
 * does. No endpoint evicts another's blocks.
 *
 * <p>It also counts how often blocks come, whichever endpoint takes them ({@link BlockRates}), and knows how long each endpoint
 * keeps what is not used: the age of its oldest block.
 *
 * <p>Memory is bounded by the sum of the capacities: 66 bytes a block for 100 endpoints of 15,625 blocks that they do not
 * share (103 MB for 100 million tokens), and up to twice that after a table has just grown. If all endpoints deliver so much more
 * than predicted that their capacities grow to the utmost, it is twice as much again. It is bounded by {@value #MAX_ENDPOINTS}
 * endpoints too; beyond them the one that was not inserted to for the longest time is forgotten.
 *
 * <p>Safe for use by several threads. Reading takes no lock; inserting locks the endpoint, and a stripe of the shared table
 * for the moment of each new block. A match that runs beside an insertion sees some of its blocks.
 */
public final class PrefixIndex implements PredictedContents {
    /** How many endpoints an index knows at a time. */
    public static final int MAX_ENDPOINTS = 1024;

    private static final long MAX_CAPACITY = 1 << 26;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long MILLIS_PER_SECOND = 1000;

    private final int maxEndpoints;
    private final int defaultCapacity;
    private final boolean linked;
    private final BlockHolders holders = new BlockHolders();
    private final Map<EndpointId, EndpointBlocks> endpoints = new ConcurrentHashMap<>();
    private final BitSet usedSlots = new BitSet();
    private final AtomicLong inserts = new AtomicLong();
    private final BlockRates rates = new BlockRates();
    private final LongSupplier nanoClock;
    private final long startNanos;

    /**
     * An index without a clock: no block ages, and none is known to come often.
     *
     * @param defaultCapacity blocks that an endpoint holds until {@link #capacity} says otherwise, at least 1
     */
    public PrefixIndex(long defaultCapacity) {
        this(defaultCapacity, MAX_ENDPOINTS);
    }

    /**
     * An index.
     *
     * @param defaultCapacity as of {@link #PrefixIndex(long)}
     */
    public PrefixIndex(long defaultCapacity, LongSupplier nanoClock) {
        this(defaultCapacity, MAX_ENDPOINTS, false, nanoClock);
    }

    PrefixIndex(long defaultCapacity, int maxEndpoints) {
        this(defaultCapacity, maxEndpoints, false, () -> 0);
    }

    private PrefixIndex(long defaultCapacity, int maxEndpoints, boolean linked, LongSupplier nanoClock) {
        this.defaultCapacity = checkedCapacity(defaultCapacity);
        this.maxEndpoints = maxEndpoints;
        this.linked = linked;
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
    }

    /**
     * An index that can tell another one what it holds: each block remembers the one before it in its chain, for 8 bytes more a
     * block.
     *
     * @param defaultCapacity as of {@link #PrefixIndex(long)}
     */
    public static PrefixIndex linked(long defaultCapacity, LongSupplier nanoClock) {
        return new PrefixIndex(defaultCapacity, MAX_ENDPOINTS, true, nanoClock);
    }

    @Override
    public PrefixMatch match(PromptBlocks prompt, List<Endpoint> candidates) {
        int[] slots = new int[candidates.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = slot(candidates.get(i).id());
        }
        return new PrefixMatch(holders.match(prompt, slots));
    }

    @Override
    public int insert(EndpointId endpoint, PromptBlocks prompt) {
        if (prompt.length() == 0) {
            return 0;
        }
        return known(endpoint).insert(prompt, inserts.incrementAndGet(), seconds());
    }

    @Override
    public BlockUses uses(PromptBlocks prompt, int from, int held, double leastPerSecond) {
        return rates.uses(prompt, from, held, leastPerSecond, millis());
    }

    @Override
    public double capacityBlocks(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? Double.POSITIVE_INFINITY : blocks.statedCapacity();
    }

    @Override
    public long freeBlocks(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? defaultCapacity : blocks.freeBlocks();
    }

    @Override
    public double residenceSeconds(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null || blocks.freeBlocks() > 0
                ? Double.POSITIVE_INFINITY
                : Math.max(0, seconds() - blocks.oldestUseSeconds());
    }

    @Override
    public void used(PromptBlocks prompt, long user) {
        rates.used(prompt, user, holders, inserts.get(), millis());
    }

    private long millis() {
        return (nanoClock.getAsLong() - startNanos) / NANOS_PER_MILLI;
    }

    private int seconds() {
        return (int) (millis() / MILLIS_PER_SECOND);
    }

    /**
     * Notes that the endpoint computes a prompt of which only the end is told. For an index that is linked.
     *
     * @param parent the last block before those that are told; 0 if they are the whole prompt
     * @param hashes of the blocks that are told, in their order
     * @return whether the parent is known here; if not, these blocks match nothing until what goes before them is told too
     */
    public boolean append(EndpointId endpoint, long parent, long[] hashes) {
        long order = inserts.incrementAndGet();
        rates.usedElsewhere(order, millis());
        return known(endpoint).append(parent, hashes, order, seconds());
    }

    /** The blocks from the beginning of a prompt up to this one, as far as the endpoint is predicted to hold them. */
    public long[] chain(EndpointId endpoint, long last) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? new long[0] : blocks.chain(last);
    }

    /** All blocks of an endpoint and the one before each in its chain, by turns, those used least lately first. */
    public long[] dump(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? new long[0] : blocks.dump();
    }

    /** Takes over a part of what {@link #dump} gave, after the parts before it. */
    public void load(EndpointId endpoint, long[] dump) {
        known(endpoint).load(dump, inserts.incrementAndGet(), seconds());
    }

    /** How large the endpoint's cache has turned out to be; null if nobody has said or seen anything of it. */
    public @Nullable LearnedCapacity learnedCapacity(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? null : blocks.learned();
    }

    /**
     * Takes over what another index has learned of the endpoint, unless this one has learned from as many predictions. So an index that
     * was not told some corrections agrees with the others again.
     *
     * @throws IllegalArgumentException if that is less than 1 block, or no number
     */
    public void adopt(EndpointId endpoint, LearnedCapacity told) {
        if (!Double.isFinite(told.factor())) {
            throw new IllegalArgumentException("capacity: %s times what is stated".formatted(told.factor()));
        }
        known(endpoint).adopt(checkedCapacity(told.statedBlocks()), told);
    }

    /** Corrects a prediction that was too high: the endpoint forgets these blocks. */
    public void forget(EndpointId endpoint, long[] hashes) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        if (blocks != null) {
            blocks.forget(hashes);
        }
    }

    @Override
    public void trim(EndpointId endpoint, PromptBlocks prompt, int heldBlocks) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        if (blocks != null) {
            blocks.forget(prompt, heldBlocks);
        }
    }

    @Override
    public void capacity(EndpointId endpoint, long blocks) {
        known(endpoint).capacity(checkedCapacity(blocks));
    }

    /** Stays between a quarter and twice the capacity that was set. */
    @Override
    public void correct(EndpointId endpoint, double missedBlocks) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        if (blocks != null) {
            blocks.correct(missedBlocks);
        }
    }

    @Override
    public synchronized void remove(EndpointId endpoint) {
        EndpointBlocks gone = endpoints.remove(endpoint);
        if (gone != null) {
            gone.remove();
            usedSlots.clear(gone.slot());
        }
    }

    /** How many blocks the endpoint holds. */
    public int blocks(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? 0 : blocks.size();
    }

    /** Memory of the tables in bytes; reads all of them. */
    public long memoryBytes() {
        long sum = holders.memoryBytes();
        for (EndpointBlocks blocks : endpoints.values()) {
            sum += blocks.memoryBytes();
        }
        return sum;
    }

    private int slot(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? -1 : blocks.slot();
    }

    private EndpointBlocks known(EndpointId endpoint) {
        EndpointBlocks blocks = endpoints.get(endpoint);
        return blocks == null ? learn(endpoint) : blocks;
    }

    private synchronized EndpointBlocks learn(EndpointId endpoint) {
        EndpointBlocks known = endpoints.get(endpoint);
        if (known != null) {
            return known;
        }
        if (endpoints.size() == maxEndpoints) {
            forgetIdlest();
        }
        int slot = usedSlots.nextClearBit(0);
        usedSlots.set(slot);
        EndpointBlocks blocks = new EndpointBlocks(slot, holders, defaultCapacity, linked);
        endpoints.put(endpoint, blocks);
        return blocks;
    }

    private void forgetIdlest() {
        endpoints.entrySet().stream()
                .min(Comparator.comparingLong(entry -> entry.getValue().lastInsert()))
                .ifPresent(idlest -> remove(idlest.getKey()));
    }

    private static int checkedCapacity(long blocks) {
        if (blocks < 1) {
            throw new IllegalArgumentException("capacity: %d blocks (expected: >= 1)".formatted(blocks));
        }
        return (int) Math.min(blocks, MAX_CAPACITY);
    }
}
