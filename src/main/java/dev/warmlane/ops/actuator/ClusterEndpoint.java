package dev.warmlane.ops.actuator;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.Statistics.Peer;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.cluster.SettingsAgreement.Difference;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.metrics.PoolMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** {@code GET /actuator/cluster}: the replicas that act as one, as they are seen from this one. Safe from any thread. */
@Endpoint(id = "cluster")
public final class ClusterEndpoint {
    private static final Duration SILENT = Duration.ofSeconds(2);

    private final @Nullable ReplicaSharing sharing;
    private final ClusterRates rates = new ClusterRates(System::nanoTime);

    /** @param sharing null: this replica is in no cluster */
    public ClusterEndpoint(@Nullable ReplicaSharing sharing) {
        this.sharing = sharing;
    }

    /** The cluster as it is now. */
    @ReadOperation
    public ClusterStatus status() {
        if (sharing == null) {
            return new ClusterStatus(false, null, List.of(), null, null, null, null, null);
        }
        ClusterTransport.Statistics counts = sharing.transport().statistics();
        Replication replication = sharing.replication();
        return new ClusterStatus(
                true,
                sharing.transport().self(),
                counts.peers().stream()
                        .map(peer -> member(peer, differing(sharing.differingSettings(), peer.member())))
                        .toList(),
                new ClusterStatus.Messages(
                        counts.messagesPublished(),
                        counts.messagesReceived(),
                        counts.messagesDropped(),
                        counts.messagesLost(),
                        counts.messagesSkipped() + replication.skipped()),
                new ClusterStatus.Bytes(counts.bytesPublished(), counts.bytesReceived()),
                rates.since(counts),
                new ClusterStatus.Facts(
                        replication.dropped(), replication.unknownBeginnings(), replication.unknownEndpoints()),
                transfer(counts.lastStateTransfer()));
    }

    private static List<String> differing(Map<String, Difference> differences, Member member) {
        Difference difference = differences.get(member.id());
        return difference == null ? List.of() : difference.groups();
    }

    private static ClusterStatus.OtherMember member(Peer peer, List<String> differingSettings) {
        return new ClusterStatus.OtherMember(
                peer.member().id(),
                peer.member().name(),
                peer.member().version(),
                peer.since(),
                peer.silentFor().toMillis(),
                peer.silentFor().compareTo(SILENT) > 0,
                differingSettings,
                peer.messagesReceived(),
                peer.bytesReceived(),
                peer.messagesLost());
    }

    private static ClusterStatus.@Nullable Transfer transfer(@Nullable StateTransfer transfer) {
        return transfer == null
                ? null
                : new ClusterStatus.Transfer(
                        transfer.from().name(),
                        transfer.at(),
                        transfer.outcome().name().toLowerCase(Locale.ROOT),
                        transfer.bytes(),
                        transfer.took().toMillis());
    }

    /**
     * What the page says.
     *
     * @param enabled whether this replica is in a cluster; if not, nothing else is said
     */
    public record ClusterStatus(
            boolean enabled,
            @Nullable Member self,
            List<OtherMember> members,
            @Nullable Messages messages,
            @Nullable Bytes bytes,
            ClusterRates.@Nullable Rates rates,
            @Nullable Facts facts,
            @Nullable Transfer lastStateTransfer) {

        /**
         * Another replica.
         *
         * @param silent whether its load no longer counts, because it has not been heard for 2 s
         * @param differingSettings groups of settings that are other there than here
         */
        public record OtherMember(
                String id,
                String name,
                String version,
                Instant since,
                long lastHeardMillis,
                boolean silent,
                List<String> differingSettings,
                long messagesReceived,
                long bytesReceived,
                long messagesLost) {}

        /** Since the start. */
        public record Messages(long sent, long received, long dropped, long lost, long skipped) {}

        /** Since the start. */
        public record Bytes(long sent, long received) {}

        /** What could not be told, or not be used here. */
        public record Facts(long dropped, long unknownBeginnings, long unknownEndpoints) {}

        /** The last time that this replica took over the state of another. */
        public record Transfer(String from, Instant at, String outcome, long bytes, long tookMillis) {}
    }

    /** Messages and bytes a second, between two looks at the counts that are at least a second apart. Safe for concurrent use. */
    static final class ClusterRates {
        private static final double NANOS_PER_SECOND = 1e9;
        private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

        private final LongSupplier nanoClock;
        private long sinceNanos;
        private long sent;
        private long received;
        private long bytesSent;
        private long bytesReceived;
        private Rates last = new Rates(0, 0, 0, 0);

        /** Each a second. */
        public record Rates(
                double messagesSentPerSecond,
                double messagesReceivedPerSecond,
                double bytesSentPerSecond,
                double bytesReceivedPerSecond) {}

        ClusterRates(LongSupplier nanoClock) {
            this.nanoClock = nanoClock;
            this.sinceNanos = nanoClock.getAsLong();
        }

        synchronized Rates since(ClusterTransport.Statistics counts) {
            long now = nanoClock.getAsLong();
            long passed = now - sinceNanos;
            if (passed < LEAST_NANOS) {
                return last;
            }
            double seconds = passed / NANOS_PER_SECOND;
            last = new Rates(
                    (counts.messagesPublished() - sent) / seconds,
                    (counts.messagesReceived() - received) / seconds,
                    (counts.bytesPublished() - bytesSent) / seconds,
                    (counts.bytesReceived() - bytesReceived) / seconds);
            sinceNanos = now;
            sent = counts.messagesPublished();
            received = counts.messagesReceived();
            bytesSent = counts.bytesPublished();
            bytesReceived = counts.bytesReceived();
            return last;
        }
    }

    /**
     * How many replicas there are, and whose settings differ from those of this one. Always up: a rollout passes through it, and each
     * replica serves by its own settings. Exists only in a cluster.
     */
    public static final class ReplicasHealthIndicator implements HealthIndicator {
        private final ReplicaSharing sharing;

        /** Over the replicas that this one shares with. */
        public ReplicasHealthIndicator(ReplicaSharing sharing) {
            this.sharing = sharing;
        }

        @Override
        public Health health() {
            List<Member> members = sharing.transport().members();
            Health.Builder health = Health.up().withDetail("members", members.size());
            Map<String, Difference> differences = sharing.differingSettings();
            Map<String, List<String>> differing = new LinkedHashMap<>();
            for (Member member : members) {
                if (differences.containsKey(member.id())) {
                    differing.put(member.name(), differing(differences, member));
                }
            }
            return differing.isEmpty()
                    ? health.build()
                    : health.withDetail("differingSettings", differing).build();
        }
    }

    /** Counts what replicas tell each other. Exists only in a cluster. */
    public static final class ClusterMeters {
        private static final double MILLIS_PER_SECOND = 1000;

        /** Registers all of them. */
        public ClusterMeters(MeterRegistry registry, ReplicaSharing sharing) {
            ClusterTransport transport = sharing.transport();
            Replication replication = sharing.replication();
            PoolMeter.CLUSTER_MEMBERS.gauge(
                    registry, transport, of -> of.members().size());
            PoolMeter.CLUSTER_DIFFERING.gauge(
                    registry, sharing, of -> of.differingSettings().size());
            PoolMeter.CLUSTER_SILENCE.gauge(registry, transport, ClusterMeters::longestSilence);
            PoolMeter.CLUSTER_MESSAGES.counter(
                    registry, transport, count(ClusterTransport.Statistics::messagesPublished), "sent");
            PoolMeter.CLUSTER_MESSAGES.counter(
                    registry, transport, count(ClusterTransport.Statistics::messagesReceived), "received");
            PoolMeter.CLUSTER_BYTES.counter(
                    registry, transport, count(ClusterTransport.Statistics::bytesPublished), "sent");
            PoolMeter.CLUSTER_BYTES.counter(
                    registry, transport, count(ClusterTransport.Statistics::bytesReceived), "received");
            PoolMeter.CLUSTER_DROPPED.counter(registry, replication, of -> (double) of.dropped(), "facts");
            PoolMeter.CLUSTER_DROPPED.counter(
                    registry, transport, count(ClusterTransport.Statistics::messagesDropped), "messages");
            PoolMeter.CLUSTER_DROPPED.counter(
                    registry, transport, count(ClusterTransport.Statistics::messagesLost), "lost");
            PoolMeter.CLUSTER_SKIPPED.counter(
                    registry,
                    sharing,
                    of -> (double) of.transport().statistics().messagesSkipped()
                            + of.replication().skipped());
            PoolMeter.CLUSTER_CONNECTIONS_REFUSED.counter(
                    registry, transport, count(ClusterTransport.Statistics::connectionsRefused));
        }

        private static ToDoubleFunction<ClusterTransport> count(ToDoubleFunction<ClusterTransport.Statistics> count) {
            return transport -> count.applyAsDouble(transport.statistics());
        }

        private static double longestSilence(ClusterTransport transport) {
            return transport.statistics().peers().stream()
                    .mapToDouble(peer -> peer.silentFor().toMillis() / MILLIS_PER_SECOND)
                    .max()
                    .orElse(0);
        }
    }
}
