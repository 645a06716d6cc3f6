/**
 * The requests that a replay sends: read from a trace by a {@link dev.warmlane.tools.replay.load.Load.Source}, or made up by a
 * generator. A request is a length, a response's length and a chain of blocks; there is no text anywhere.
 */
@NullMarked
package dev.warmlane.tools.replay.load;

import org.jspecify.annotations.NullMarked;
