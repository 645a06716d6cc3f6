/**
 * What replicas of the gateway tell each other, so that they place as one: what each has in flight, what it has placed where,
 * and what it has bound. Facts of its own only, gathered for a few milliseconds and told as bytes that somebody else carries.
 * {@link dev.warmlane.core.sharing.Replication} is the face of the room; {@link dev.warmlane.core.sharing.SharedBindings} and
 * {@link dev.warmlane.core.sharing.SharedContents} note what requests do, without encoding or waiting.
 */
@NullMarked
package dev.warmlane.core.sharing;

import org.jspecify.annotations.NullMarked;
