package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.EndpointNotes;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.policy.PromptLengthPolicy;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Replicas with a pool of three endpoints each, a clock that stands, and somebody who carries their messages when told to. */
final class Replicas {
    private static final HealthRules RULES = new HealthRules(
            true,
            5,
            0.8,
            5,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(300),
            Duration.ofSeconds(30),
            3,
            2,
            Duration.ZERO);

    static final EndpointId A = new EndpointId("a");
    static final EndpointId B = new EndpointId("b");
    static final EndpointId C = new EndpointId("c");
    private static final int BLOCK_BYTES = 16;

    final AtomicLong nanos = new AtomicLong();
    final List<Replica> all = new ArrayList<>();
    final List<String> incomplete = new ArrayList<>();

    static Replicas of(int count) {
        Replicas replicas = new Replicas();
        for (int i = 0; i < count; i++) {
            replicas.add();
        }
        return replicas;
    }

    Replica add() {
        return add(10_000);
    }

    Replica add(int maxFacts) {
        Replica replica = new Replica("replica-" + all.size(), maxFacts);
        all.add(replica);
        return replica;
    }

    Replica get(int index) {
        return all.get(index);
    }

    /** Everybody tells everybody until nobody has anything more to tell. */
    void exchange() {
        boolean told;
        do {
            told = false;
            for (Replica sender : all) {
                for (byte[] message : sender.replication.gather()) {
                    told = true;
                    deliver(sender, message);
                }
            }
        } while (told);
    }

    void deliver(Replica sender, byte[] message) {
        all.stream()
                .filter(replica -> replica != sender)
                .forEach(replica -> replica.replication.receive(sender.id, message));
    }

    static PromptBlocks prompt(long... hashes) {
        return PromptBlocks.of(hashes, BLOCK_BYTES, (long) hashes.length * BLOCK_BYTES);
    }

    final class Replica {
        final String id;
        final EndpointPool pool = new EndpointPool("default");
        final AffinityTable table = new AffinityTable(1000, Duration.ofHours(2), nanos::get);
        final StoredResponses responses = new StoredResponses(1000, Duration.ofHours(2), nanos::get);
        final PrefixIndex index = PrefixIndex.linked(1000, nanos::get);
        final InFlight inFlight = new InFlight();
        final Replication replication;
        final PoolShare share;
        final PoolHealth health = new PoolHealth(pool, RULES, nanos::get);
        final PoolAverages averages;
        final EndpointNotes notes;

        Replica(String id, int maxFacts) {
            this.id = id;
            pool.replace(List.of(endpoint(A), endpoint(B), endpoint(C)));
            replication = new Replication(id, table, maxFacts, nanos::get, incomplete::add);
            share = replication.share(pool, index, inFlight);
            share.health(health);
            PoolMemory memory = new PoolMemory(
                    replication.bindings(), share.contents(), BLOCK_BYTES, inFlight, share.load(), 1, nanos::get);
            averages = memory.averages();
            share.averages(averages);
            notes = new Router(
                            pool, new PromptLengthPolicy(1), memory, new DecisionLog(1, InstantSource.system()), health)
                    .notes();
            share.notes(notes);
            replication.share(responses);
        }

        int matched(EndpointId endpoint, PromptBlocks prompt) {
            return share.contents().match(prompt, List.of(endpoint(endpoint))).matchedBlocks(0);
        }
    }

    private static Endpoint endpoint(EndpointId id) {
        return new Endpoint(id, id.value(), URI.create("http://" + id.value() + ":8000"), EndpointState.READY);
    }
}
