package dev.warmlane.replay.load;

/** One request as a trace has it, without its session. {@code fullBlocks} are the chained hashes of the prompt's full blocks. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TraceLine(long arrivalNanos, int promptTokens, int outputTokens, long[] fullBlocks) {}
