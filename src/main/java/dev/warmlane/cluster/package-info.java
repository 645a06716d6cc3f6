/**
 * What replicas of the gateway tell each other. {@link dev.warmlane.cluster.ClusterTransport} carries bytes between them and
 * knows who is there; what the bytes say is not its business. The room {@code jgroups} is the one that carries them over a network.
 */
@NullMarked
package dev.warmlane.cluster;

import org.jspecify.annotations.NullMarked;
