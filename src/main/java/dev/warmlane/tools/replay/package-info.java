/**
 * The {@code replay} command: compares routing policies on a load without a network, a GPU or a wait. {@link
 * dev.warmlane.tools.replay.Replay} lets the gateway's own policies, index and leases send the requests of a load to simulated
 * engines, in virtual time, one event after the other; {@link dev.warmlane.tools.replay.Tally} measures what clients would have
 * seen. Everything is one thread and follows from the seed, so a run can be repeated to the last digit.
 */
@NullMarked
package dev.warmlane.tools.replay;

import org.jspecify.annotations.NullMarked;
