package dev.warmlane.ops.actuator;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Counts what replicas tell each other. Exists only in a cluster. */
public final class ClusterMeters {
    private static final double MILLIS_PER_SECOND = 1000;

    public ClusterMeters(MeterRegistry registry, ReplicaSharing sharing) {
        ClusterTransport transport = sharing.transport();
        Replication replication = sharing.replication();
        GatewayMeter.CLUSTER_MEMBERS.gauge(
                registry, transport, of -> of.members().size());
        GatewayMeter.CLUSTER_SILENCE.gauge(registry, transport, ClusterMeters::longestSilence);
        GatewayMeter.CLUSTER_MESSAGES.counter(
                registry, transport, count(ClusterTransport.Statistics::messagesPublished), "sent");
        GatewayMeter.CLUSTER_MESSAGES.counter(
                registry, transport, count(ClusterTransport.Statistics::messagesReceived), "received");
        GatewayMeter.CLUSTER_BYTES.counter(
                registry, transport, count(ClusterTransport.Statistics::bytesPublished), "sent");
        GatewayMeter.CLUSTER_BYTES.counter(
                registry, transport, count(ClusterTransport.Statistics::bytesReceived), "received");
        GatewayMeter.CLUSTER_DROPPED.counter(registry, replication, of -> (double) of.dropped(), "facts");
        GatewayMeter.CLUSTER_DROPPED.counter(
                registry, transport, count(ClusterTransport.Statistics::messagesDropped), "messages");
        GatewayMeter.CLUSTER_DROPPED.counter(
                registry, transport, count(ClusterTransport.Statistics::messagesLost), "lost");
        GatewayMeter.CLUSTER_SKIPPED.counter(
                registry,
                sharing,
                of -> (double) of.transport().statistics().messagesSkipped()
                        + of.replication().ununderstood().messages()
                        + of.replication().ununderstood().records());
        GatewayMeter.CLUSTER_CONNECTIONS_REFUSED.counter(
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
