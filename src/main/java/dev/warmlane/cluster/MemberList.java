package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.Statistics;
import dev.warmlane.cluster.Peer.MemberAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongBiFunction;
import org.jgroups.Address;
import org.jgroups.MergeView;
import org.jgroups.View;
import org.jspecify.annotations.Nullable;

/**
 * Who is in the cluster, and what each of the others has sent, those included that have left. Safe for concurrent use: a view replaces
 * the members as a whole, and readers take no lock.
 */
final class MemberList {
    private final Address ownAddress;
    private final Member self;
    private final Clock clock;
    private final LongAdder messagesOfLeavers = new LongAdder();
    private final LongAdder bytesOfLeavers = new LongAdder();
    private final LongAdder lostByLeavers = new LongAdder();
    /** The other members, the oldest first. */
    private volatile Map<Address, Peer> peers = Map.of();

    private volatile List<Member> members;

    /** A list of ourselves alone. */
    MemberList(Address ownAddress, Clock clock) {
        this.ownAddress = ownAddress;
        this.self = MemberAddress.member(ownAddress);
        this.clock = clock;
        this.members = List.of(self);
    }

    Member self() {
        return self;
    }

    /** All members, the oldest first, ourselves included. */
    List<Member> members() {
        return members;
    }

    /** The other members, the oldest first. */
    Set<Address> others() {
        return peers.keySet();
    }

    boolean hasOther(Address address) {
        return peers.containsKey(address);
    }

    /** Null for ourselves and whoever is no member. */
    @Nullable
    Peer peer(Address address) {
        return peers.get(address);
    }

    /** The address of another member; null if none has this id. */
    @Nullable
    Address address(String id) {
        for (Map.Entry<Address, Peer> peer : peers.entrySet()) {
            if (peer.getValue().member().id().equals(id)) {
                return peer.getKey();
            }
        }
        return null;
    }

    /** Takes over the members of a view. */
    synchronized MembershipChange accept(View view) {
        Map<Address, Peer> before = peers;
        Map<Address, Peer> after = new LinkedHashMap<>();
        List<Member> all = new ArrayList<>();
        List<Member> joined = new ArrayList<>();
        for (Address address : view.getMembers()) {
            if (address.equals(ownAddress)) {
                all.add(self);
                continue;
            }
            Peer peer = before.get(address);
            if (peer == null) {
                peer = new Peer(MemberAddress.member(address), clock.instant(), System.nanoTime());
                joined.add(peer.member());
            }
            after.put(address, peer);
            all.add(peer.member());
        }
        List<Member> left = new ArrayList<>();
        before.forEach((address, peer) -> {
            if (!after.containsKey(address)) {
                left.add(peer.member());
                messagesOfLeavers.add(peer.messages());
                bytesOfLeavers.add(peer.bytes());
                lostByLeavers.add(peer.lost());
            }
        });
        peers = Collections.unmodifiableMap(after);
        members = List.copyOf(all);
        return new MembershipChange(joined, left, view instanceof MergeView && !joined.isEmpty(), all);
    }

    /** Messages from all who are or were members. */
    long messages() {
        return messagesOfLeavers.sum()
                + peers.values().stream().mapToLong(Peer::messages).sum();
    }

    /** Their bytes. */
    long bytes() {
        return bytesOfLeavers.sum()
                + peers.values().stream().mapToLong(Peer::bytes).sum();
    }

    /** Messages that they sent and that are missing here. */
    long lost() {
        return lostByLeavers.sum()
                + peers.values().stream().mapToLong(Peer::lost).sum();
    }

    /**
     * The other members as they are seen from here, the oldest first.
     *
     * @param heardNanos when a member was last heard, given when it joined
     */
    List<Statistics.Peer> statistics(long nowNanos, ToLongBiFunction<Address, Long> heardNanos) {
        List<Statistics.Peer> seen = new ArrayList<>();
        peers.forEach((address, peer) -> seen.add(new Statistics.Peer(
                peer.member(),
                peer.since(),
                Duration.ofNanos(Math.max(0, nowNanos - heardNanos.applyAsLong(address, peer.sinceNanos()))),
                peer.messages(),
                peer.bytes(),
                peer.lost())));
        return seen;
    }
}
