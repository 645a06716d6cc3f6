package dev.warmlane.ops.dashboard;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.Statistics.Peer;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.cluster.SettingsAgreement.Difference;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.LiveStatus.LiveReplica;
import dev.warmlane.ops.dashboard.LiveStatus.ReplicaPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How each replica sees the pools: this one says so in a few figures every other second, and the others do the same. For one
 * thread.
 */
final class Replicas {
    /** As the cluster judges it: then its load no longer counts. */
    private static final Duration SILENT = Duration.ofSeconds(2);

    private static final int SPACING = 2;

    private static final JsonMapper TOLERANT = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final @Nullable ReplicaSharing sharing;
    private long ticks;

    /** @param sharing null where this replica is in no cluster */
    Replicas(@Nullable ReplicaSharing sharing) {
        this.sharing = sharing;
    }

    /** All replicas, this one first; tells the others how it sees its pools. Once a second. */
    List<LiveReplica> exchange(List<LivePool> own) {
        List<ReplicaPool> pools = own.stream().map(ReplicaPool::of).toList();
        List<LiveReplica> all = new ArrayList<>();
        if (sharing == null) {
            all.add(new LiveReplica(null, null, 0, false, null, pools));
            return all;
        }
        Member self = sharing.transport().self();
        all.add(new LiveReplica(self.name(), self.version(), 0, false, null, pools));
        if (ticks++ % SPACING == 0) {
            sharing.replication().post(pages(pools));
        }
        Map<String, Difference> differences = sharing.differingSettings();
        Map<String, List<byte[]>> told = sharing.replication().bulletins();
        for (Peer peer : sharing.transport().statistics().peers()) {
            all.add(new LiveReplica(
                    peer.member().name(),
                    peer.member().version(),
                    peer.silentFor().toMillis(),
                    peer.silentFor().compareTo(SILENT) > 0,
                    differences.get(peer.member().id()),
                    read(told.get(peer.member().id()))));
        }
        return all;
    }

    /** The pools in their order, a list on each page; as many as there is room for, which is more than a thousand. */
    static List<byte[]> pages(List<ReplicaPool> pools) {
        return halved(pools).limit(Replication.MAX_PAGES).toList();
    }

    private static Stream<byte[]> halved(List<ReplicaPool> pools) {
        byte[] page = TOLERANT.writeValueAsBytes(pools);
        if (page.length <= Replication.MAX_PAGE_BYTES) {
            return Stream.of(page);
        }
        int half = pools.size() / 2;
        return half == 0
                ? Stream.of(TOLERANT.writeValueAsBytes(List.of(pools.get(0).withoutProblems())))
                : Stream.of(pools.subList(0, half), pools.subList(half, pools.size()))
                        .flatMap(Replicas::halved);
    }

    /** Null where nothing was told, or a later version told it otherwise. */
    static @Nullable List<ReplicaPool> read(@Nullable List<byte[]> pages) {
        if (pages == null) {
            return null;
        }
        try {
            return pages.stream()
                    .flatMap(page -> Stream.of(TOLERANT.readValue(page, ReplicaPool[].class)))
                    .toList();
        } catch (JacksonException | NullPointerException e) {
            return null;
        }
    }
}
