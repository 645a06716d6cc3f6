package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.Statistics.Peer;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.LiveStatus.LiveProblem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    /** As the cluster judges it: then its load counts for nothing. */
    private static final Duration SILENT = Duration.ofSeconds(2);

    private static final int SPACING = 2;
    private static final int MAX_PROBLEMS = 20;

    private static final JsonMapper TOLERANT = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final @Nullable ReplicaSharing sharing;
    private long ticks;

    /** @param sharing null where this replica is in no cluster */
    Replicas(@Nullable ReplicaSharing sharing) {
        this.sharing = sharing;
    }

    /**
     * One replica.
     *
     * @param name as the cluster knows it; null where there is no cluster
     * @param version of Warmlane; null where there is no cluster
     * @param silentMillis since anything was heard of it; 0 for this one
     * @param silent whether that is too long
     * @param pools how it sees them; null until it has said so
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record LiveReplica(
            @Nullable String name,
            @Nullable String version,
            long silentMillis,
            boolean silent,
            @Nullable List<ReplicaPool> pools) {}

    /**
     * A pool as one replica sees it.
     *
     * @param pool its name
     * @param endpoints how many there are
     * @param selectable how many of them are healthy
     * @param inFlight requests that this replica has in flight there
     * @param lastMinute figures over its last minute, by name
     * @param problems what is wrong with it, at most 20
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ReplicaPool(
            String pool,
            int endpoints,
            int selectable,
            long inFlight,
            Map<String, @Nullable Float> lastMinute,
            List<ReplicaProblem> problems) {

        private static final List<String> FIGURES = List.of(
                "hitRatio", "requestsPerSecond", "failedShare", "rejectedShare", "ttftP50", "ttftP90", "queued");

        static ReplicaPool of(LivePool pool) {
            Map<String, @Nullable Float> figures = new LinkedHashMap<>();
            FIGURES.forEach(name -> figures.put(name, pool.lastMinute().get(name)));
            return new ReplicaPool(
                    pool.pool(),
                    pool.totals().endpoints(),
                    pool.totals().selectable(),
                    pool.totals().inFlight(),
                    figures,
                    pool.problems().stream()
                            .limit(MAX_PROBLEMS)
                            .map(ReplicaProblem::of)
                            .toList());
        }

        ReplicaPool withoutProblems() {
            return new ReplicaPool(pool, endpoints, selectable, inFlight, lastMinute, List.of());
        }
    }

    /** A problem as of {@link ProblemCatalogue.Problem}, and since when there is one. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ReplicaProblem(
            String id, @Nullable String endpoint, @Nullable String value, Instant since) {
        static ReplicaProblem of(LiveProblem problem) {
            return new ReplicaProblem(
                    problem.problem().id(),
                    problem.problem().endpoint(),
                    problem.problem().value(),
                    problem.since());
        }
    }

    /** All replicas, this one first; tells the others how it sees its pools. Once a second. */
    List<LiveReplica> exchange(List<LivePool> own) {
        List<ReplicaPool> pools = own.stream().map(ReplicaPool::of).toList();
        List<LiveReplica> all = new ArrayList<>();
        if (sharing == null) {
            all.add(new LiveReplica(null, null, 0, false, pools));
            return all;
        }
        Member self = sharing.transport().self();
        all.add(new LiveReplica(self.name(), self.version(), 0, false, pools));
        if (ticks++ % SPACING == 0) {
            post(sharing.replication(), pools);
        }
        Map<String, byte[]> told = sharing.replication().bulletins();
        for (Peer peer : sharing.transport().statistics().peers()) {
            all.add(new LiveReplica(
                    peer.member().name(),
                    peer.member().version(),
                    peer.silentFor().toMillis(),
                    peer.silentFor().compareTo(SILENT) > 0,
                    read(told.get(peer.member().id()))));
        }
        return all;
    }

    /** As much of it as there is room for. */
    private static void post(Replication replication, List<ReplicaPool> pools) {
        List<ReplicaPool> plain =
                pools.stream().map(ReplicaPool::withoutProblems).toList();
        Stream.of(pools, plain)
                .map(TOLERANT::writeValueAsBytes)
                .filter(text -> text.length <= Replication.MAX_BULLETIN_BYTES)
                .findFirst()
                .ifPresent(replication::post);
    }

    /** Null where nothing was told, or a later version told it otherwise. */
    private static @Nullable List<ReplicaPool> read(byte @Nullable [] told) {
        if (told == null) {
            return null;
        }
        try {
            return List.of(TOLERANT.readValue(told, ReplicaPool[].class));
        } catch (JacksonException | NullPointerException e) {
            return null;
        }
    }
}
