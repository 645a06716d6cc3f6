/**
 * Carries the replicas' messages by JGroups over TCP. JGroups knows who is there: it finds members, notices those that fall
 * silent, and merges the sides of a partition. It never meets a stranger, for every connection first proves by mutual TLS that
 * its other end belongs to the cluster, and only then is handed over. A shared secret is that too: both sides derive the same
 * key pair from it, show its certificate and trust no other. So nothing of what arrives is read before it is known whose it is,
 * and JGroups' own encryption, which reads first and decides later, is not needed.
 *
 * <p>Messages to all are facts that the next one replaces, so they go past JGroups' retransmission and flow control, in which one
 * slow member holds up all. TCP keeps their order, a number on each batch shows what is missing, and the state heals it. Joining,
 * leaving and states use JGroups' reliable messages.
 */
@NullMarked
package dev.warmlane.cluster.jgroups;

import org.jspecify.annotations.NullMarked;
