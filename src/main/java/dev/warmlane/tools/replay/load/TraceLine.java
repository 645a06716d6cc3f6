package dev.warmlane.tools.replay.load;

import org.jspecify.annotations.Nullable;

/**
 * One request as a trace has it.
 *
 * @param session what the trace calls its conversation; null where it does not say
 * @param fullBlocks the chained hashes of the prompt's full blocks
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TraceLine(long arrivalNanos, @Nullable String session, int promptTokens, int outputTokens, long[] fullBlocks) {}
