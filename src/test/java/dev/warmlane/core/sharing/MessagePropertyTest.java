package dev.warmlane.core.sharing;

import static dev.warmlane.core.sharing.Replicas.A;
import static dev.warmlane.core.sharing.Replicas.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.core.sharing.Replicas.Replica;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever bytes come, a replica goes on. */
class MessagePropertyTest {

    @Property
    void anyBytesAreReadWithoutHarm(@ForAll byte[] bytes) {
        Replica replica = Replicas.of(1).get(0);
        replica.replication.receive("somebody", bytes);
        assertThat(replica.replication.gather()).isNotNull();
    }

    @Property
    void aDamagedMessageIsReadWithoutHarm(@ForAll short at, @ForAll byte damage) {
        Replicas replicas = Replicas.of(2);
        Replica one = replicas.get(0);
        one.replication.bindings().bind(AffinityKey.of("default", KeySource.SESSION, "x"), A);
        one.share.contents().insert(A, prompt(1, 2, 3, 4));
        one.inFlight.open(A, 10, 10);
        CacheUse use = new CacheUse();
        one.share.uses(use);
        PromptBlocks sent = prompt(1, 2, 3, 4);
        ToldUse.Prompt told = ToldUse.Prompt.of(sent, 7, A.hashCode(), 4);
        use.sent(told, sent, 0);
        use.completed(new ToldUse.Completed(told, 12L, 16, 9, 3L), 0);
        use.work();
        CacheUse hears = new CacheUse();
        replicas.get(1).share.uses(hears);
        List<byte[]> messages = one.replication.gather();
        for (byte[] message : messages) {
            message[Math.floorMod(at, message.length)] = damage;
            replicas.deliver(one, message);
        }
        assertThat(replicas.get(1).share.load().requests(A)).isNotNegative();
        assertThat(hears.lastHour(0).curve().infiniteHitRatio()).isBetween(0.0, 1.0);
    }
}
