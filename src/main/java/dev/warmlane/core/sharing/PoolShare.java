package dev.warmlane.core.sharing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.routing.EndpointNotes;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.sharing.Fact.FactQueue;
import dev.warmlane.core.sharing.PoolShare.SharedLoad.Sums;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One pool's part of what replicas share. Safe for concurrent use, but for {@link #takeChanges}. */
public final class PoolShare {
    private final EndpointPool endpoints;
    private final PrefixIndex index;
    private final InFlight inFlight;
    private final SharedContents contents;
    private final SharedLoad load = new SharedLoad();
    private final Map<EndpointId, Sums> told = new HashMap<>();
    private volatile @Nullable PoolAverages averages;
    private volatile @Nullable EndpointNotes notes;
    private volatile @Nullable PoolHealth health;
    private volatile @Nullable CacheUse uses;
    private final LongSupplier nanoClock;
    private final FactQueue facts;
    private volatile Directory directory = new Directory(EndpointSnapshot.EMPTY, Map.of());

    /** The endpoints of a snapshot by the hashes of their ids. */
    private record Directory(EndpointSnapshot of, Map<Long, EndpointId> byHash) {}

    PoolShare(EndpointPool endpoints, PrefixIndex index, InFlight inFlight, FactQueue facts, LongSupplier nanoClock) {
        this.endpoints = endpoints;
        this.index = index;
        this.inFlight = inFlight;
        this.facts = facts;
        this.nanoClock = nanoClock;
        this.contents = new SharedContents(endpoints.name(), index, facts);
    }

    /** How many ranks servers have, of those that have several. */
    Map<EndpointId, Integer> ranks() {
        Map<EndpointId, Integer> several = new HashMap<>(endpoints.ranks());
        several.values().removeIf(number -> number == 1);
        return several;
    }

    /** Another replica knows how many ranks a server has. Where this one has asked it by now, that counts. */
    void ranks(EndpointId server, int number) {
        if (!endpoints.ranks().containsKey(server)) {
            endpoints.ranks(server, number);
        }
    }

    /** The predicted contents of its endpoints, by what all replicas place. */
    public PredictedContents contents() {
        return contents;
    }

    /** What the other replicas have in flight. */
    public ReplicaLoad load() {
        return load;
    }

    /** Lets a replica that joins take over what responses have taught others. */
    public void averages(PoolAverages poolAverages) {
        averages = poolAverages;
    }

    /** Lets a replica that joins take over what this one has seen of endpoints. */
    public void notes(EndpointNotes endpointNotes) {
        notes = endpointNotes;
    }

    @Nullable
    EndpointExperience experience(EndpointId endpoint) {
        EndpointNotes known = notes;
        return known == null ? null : known.experience(endpoint);
    }

    void adopt(EndpointId endpoint, EndpointExperience seen) {
        EndpointNotes known = notes;
        if (known != null) {
            known.adopt(endpoint, seen);
        }
    }

    /** Tells of the prompts that are seen here, and hears of those that others see. */
    public void uses(CacheUse cacheUse) {
        uses = cacheUse;
        cacheUse.tellOthers(told -> facts.add(new Fact.Used(name(), told)));
    }

    void heard(String origin, ToldUse told) {
        CacheUse known = uses;
        if (known != null) {
            known.heard(origin, told, nanoClock.getAsLong());
        }
    }

    /** Lets operators drain endpoints at all replicas. */
    public void health(PoolHealth poolHealth) {
        health = poolHealth;
        poolHealth.drains().onDrain((endpoint, said) -> facts.add(new Fact.Drained(name(), endpoint, said)));
    }

    void drained(EndpointId endpoint, Drain said) {
        PoolHealth known = health;
        if (known != null) {
            known.drains().here(endpoint, said);
        }
    }

    Map<EndpointId, Drain> drains() {
        PoolHealth known = health;
        return known == null ? Map.of() : known.drains().all();
    }

    @Nullable
    PoolAverages averages() {
        return averages;
    }

    PrefixIndex index() {
        return index;
    }

    SharedLoad sharedLoad() {
        return load;
    }

    String name() {
        return endpoints.name();
    }

    EndpointSnapshot snapshot() {
        return endpoints.snapshot();
    }

    /** The server whose id has this hash; null if the pool has none. */
    @Nullable
    EndpointId findServer(long hash) {
        for (Endpoint endpoint : endpoints.snapshot().endpoints()) {
            if (endpoint.id().server().hash() == hash) {
                return endpoint.id().server();
            }
        }
        return null;
    }

    /** The endpoint whose id has this hash; null if the pool has none. */
    @Nullable
    EndpointId find(long hash) {
        EndpointSnapshot now = endpoints.snapshot();
        Directory known = directory;
        if (known.of() != now) {
            Map<Long, EndpointId> byHash = new HashMap<>();
            for (Endpoint endpoint : now.endpoints()) {
                byHash.put(endpoint.id().hash(), endpoint.id());
            }
            known = new Directory(now, byHash);
            directory = known;
        }
        return known.byHash().get(hash);
    }

    /** What is in flight here at all endpoints that have something. */
    Map<EndpointId, Sums> ownLoad() {
        Map<EndpointId, Sums> own = new HashMap<>();
        for (Endpoint endpoint : endpoints.snapshot().endpoints()) {
            EndpointId id = endpoint.id();
            Sums sums = new Sums(
                    Math.max(0, inFlight.requests(id)),
                    Math.max(0, inFlight.promptTokens(id)),
                    Math.max(0, inFlight.prefillTokens(id)));
            if (!sums.equals(Sums.NOTHING)) {
                own.put(id, sums);
            }
        }
        return own;
    }

    /** Of these, what is other than what was told last. For one thread. */
    Map<EndpointId, Sums> takeChanges(Map<EndpointId, Sums> own) {
        Map<EndpointId, Sums> changes = new HashMap<>();
        own.forEach((endpoint, sums) -> {
            if (!sums.equals(told.put(endpoint, sums))) {
                changes.put(endpoint, sums);
            }
        });
        told.keySet().removeIf(endpoint -> {
            boolean gone = !own.containsKey(endpoint);
            if (gone) {
                changes.put(endpoint, Sums.NOTHING);
            }
            return gone;
        });
        return changes;
    }

    /**
     * What the other replicas have in flight at the endpoints of one pool: for each of them what it said last, and the sums over all,
     * which are what decisions read. Whoever has not been heard for too long counts as nothing. Written under this object's lock,
     * read without.
     */
    static final class SharedLoad implements ReplicaLoad {
        /** One replica's load, or all replicas', of one endpoint. */
        record Sums(int requests, long promptTokens, long prefillTokens) {
            static final Sums NOTHING = new Sums(0, 0, 0);

            Sums plus(Sums added, Sums removed) {
                return new Sums(
                        requests + added.requests - removed.requests,
                        promptTokens + added.promptTokens - removed.promptTokens,
                        prefillTokens + added.prefillTokens - removed.prefillTokens);
            }
        }

        private final ConcurrentHashMap<EndpointId, Sums> total = new ConcurrentHashMap<>();
        private final Map<String, Map<EndpointId, Sums>> byOrigin = new HashMap<>();

        @Override
        public int requests(EndpointId endpoint) {
            return total.getOrDefault(endpoint, Sums.NOTHING).requests();
        }

        @Override
        public long promptTokens(EndpointId endpoint) {
            return total.getOrDefault(endpoint, Sums.NOTHING).promptTokens();
        }

        @Override
        public long prefillTokens(EndpointId endpoint) {
            return total.getOrDefault(endpoint, Sums.NOTHING).prefillTokens();
        }

        /** What this replica has at an endpoint from now on. */
        synchronized void told(String origin, EndpointId endpoint, Sums sums) {
            Map<EndpointId, Sums> known = byOrigin.computeIfAbsent(origin, first -> new HashMap<>());
            Sums before = sums.equals(Sums.NOTHING) ? known.remove(endpoint) : known.put(endpoint, sums);
            change(endpoint, sums, before == null ? Sums.NOTHING : before);
        }

        /** What this replica has at all endpoints: nothing at those that it does not name. */
        synchronized void toldAll(String origin, Map<EndpointId, Sums> sums) {
            forget(origin);
            sums.forEach((endpoint, each) -> told(origin, endpoint, each));
        }

        /** This replica has left, or is silent. */
        synchronized void forget(String origin) {
            Map<EndpointId, Sums> known = byOrigin.remove(origin);
            if (known != null) {
                known.forEach((endpoint, sums) -> change(endpoint, Sums.NOTHING, sums));
            }
        }

        private void change(EndpointId endpoint, Sums added, Sums removed) {
            total.compute(endpoint, (id, sums) -> {
                Sums changed = (sums == null ? Sums.NOTHING : sums).plus(added, removed);
                return changed.equals(Sums.NOTHING) ? null : changed;
            });
        }
    }
}
