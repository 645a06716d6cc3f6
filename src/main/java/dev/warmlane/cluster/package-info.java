/**
 * The replicas of the gateway as a cluster. {@link dev.warmlane.cluster.ReplicaSharing} connects what they tell each other to {@link
 * dev.warmlane.cluster.ClusterTransport}, which carries bytes and knows who is there, but not what the bytes say.
 *
 * <p>{@link dev.warmlane.cluster.JGroupsTransport} carries them by JGroups over TCP. JGroups finds members, notices those that fall
 * silent, and merges the sides of a partition. It never meets a stranger: every connection first proves by mutual TLS that its other
 * end belongs to the cluster. A shared secret does the same: both sides derive one key pair from it, show its certificate and trust
 * no other. So nothing is read before it is known whose it is, and JGroups' own encryption, which reads first, is not needed.
 *
 * <p>Messages to all are facts that the next one replaces, so they bypass JGroups' retransmission and flow control, where one
 * slow member holds up all. TCP keeps their order, a number on each batch shows what is missing, and the state heals it. Joining,
 * leaving and states use JGroups' reliable messages.
 */
@NullMarked
package dev.warmlane.cluster;

import org.jspecify.annotations.NullMarked;
