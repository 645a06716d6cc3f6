package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.LearnedCapacity;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.sharing.Fact.FactQueue;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What one replica shares with the others: it tells them of it, and takes in what they tell. Safe for concurrent use. */
final class SharedState {
    /** The longest page of a bulletin, in bytes. */
    static final int MAX_PAGE_BYTES = 16 * 1024;

    /** Pages of a bulletin at most. */
    static final int MAX_PAGES = 64;

    /** More groups than a replica has; who tells more is not believed. */
    private static final int MAX_GROUPS = 100;

    private final String self;
    private final AffinityTable table;
    private final FactQueue facts;
    private final SharedQuota quota;
    private final List<PoolShare> pools = new CopyOnWriteArrayList<>();
    private final Map<String, List<byte[]>> bulletins = new ConcurrentHashMap<>();
    /** Later pages of bulletins whose first is to come, by their numbers. */
    private final Map<String, NavigableMap<Integer, byte[]>> laterPages = new ConcurrentHashMap<>();

    private final Map<String, Map<String, Long>> settings = new ConcurrentHashMap<>();
    private volatile @Nullable StoredResponses responses;

    /**
     * Of no pool yet.
     *
     * @param self the id of this replica among the others
     * @param table of the bindings of all pools
     */
    SharedState(String self, AffinityTable table, FactQueue facts, SharedQuota quota) {
        this.self = self;
        this.table = table;
        this.facts = facts;
        this.quota = quota;
    }

    /** Whether this replica is meant by a hash. */
    boolean isSelf(long hash) {
        return hash == MessageWriter.hash(self);
    }

    AffinityTable table() {
        return table;
    }

    /** What waits to be told. */
    FactQueue facts() {
        return facts;
    }

    SharedQuota quota() {
        return quota;
    }

    List<PoolShare> pools() {
        return pools;
    }

    void add(PoolShare pool) {
        pools.add(pool);
    }

    /** Which endpoint made each stored response; null where that is not shared. */
    @Nullable
    StoredResponses responses() {
        return responses;
    }

    void responses(StoredResponses stored) {
        responses = stored;
    }

    /** The pages that each of the others posted last, by its id. */
    Map<String, List<byte[]>> bulletins() {
        return Collections.unmodifiableMap(bulletins);
    }

    /** The first page, which comes last. For one thread at a time for each origin. */
    void posted(String origin, byte[] page) {
        NavigableMap<Integer, byte[]> later = laterPages.remove(origin);
        if (page.length <= MAX_PAGE_BYTES) {
            List<byte[]> pages = new ArrayList<>();
            pages.add(page);
            if (later != null) {
                pages.addAll(later.values());
            }
            bulletins.put(origin, List.copyOf(pages));
        }
    }

    /**
     * A later page. For one thread at a time for each origin.
     *
     * @param number in [1, {@value #MAX_PAGES})
     */
    void laterPage(String origin, int number, byte[] page) {
        if (page.length <= MAX_PAGE_BYTES) {
            laterPages.computeIfAbsent(origin, first -> new TreeMap<>()).put(number, page);
        }
    }

    /** The digests of settings that each of the others told last, by its id. */
    Map<String, Map<String, Long>> settings() {
        return Collections.unmodifiableMap(settings);
    }

    void settings(String origin, Map<String, Long> digests) {
        if (digests.size() <= MAX_GROUPS) {
            settings.put(origin, Map.copyOf(digests));
        }
    }

    /** Writes all of it, but for what is told by the moment anyway. */
    void write(MessageEncoder encoder) {
        for (PoolShare pool : pools) {
            // Before what is known of each rank.
            encoder.ranks(pool.name(), pool.ranks());
            encoder.load(RecordType.WHOLE_LOAD, pool.name(), pool.ownLoad());
            PoolAverages averages = pool.averages();
            if (averages != null) {
                encoder.averages(pool.name(), averages);
            }
            for (Endpoint endpoint : pool.snapshot().endpoints()) {
                write(encoder, pool, endpoint.id());
            }
        }
        for (PoolShare pool : pools) {
            pool.drains().forEach((endpoint, said) -> encoder.drained(pool.name(), endpoint, said));
        }
        table.forEach(encoder::bound);
        StoredResponses stored = responses;
        if (stored != null) {
            stored.forEach(encoder::stored);
        }
        quota.forEachAccount(encoder::account);
    }

    /** Writes how large caches have turned out to be, as far as corrections have taught it. */
    void writeCapacities(MessageEncoder encoder) {
        for (PoolShare pool : pools) {
            for (Endpoint endpoint : pool.snapshot().endpoints()) {
                LearnedCapacity capacity = pool.index().learnedCapacity(endpoint.id());
                if (capacity != null && capacity.corrections() > 0) {
                    encoder.capacity(pool.name(), endpoint.id(), capacity);
                }
            }
        }
    }

    private static void write(MessageEncoder encoder, PoolShare pool, EndpointId endpoint) {
        LearnedCapacity capacity = pool.index().learnedCapacity(endpoint);
        if (capacity != null) {
            // Before the blocks, so that all find room.
            encoder.capacity(pool.name(), endpoint, capacity);
        }
        encoder.blocks(RecordType.DUMP, pool.name(), endpoint, pool.index().dump(endpoint));
        EndpointExperience seen = pool.experience(endpoint);
        if (seen != null) {
            encoder.experience(pool.name(), endpoint, seen);
        }
    }

    /** A replica is gone. */
    void left(String origin) {
        bulletins.remove(origin);
        laterPages.remove(origin);
        settings.remove(origin);
        quota.left(origin);
        pools.forEach(pool -> pool.sharedLoad().forget(origin));
    }
}
