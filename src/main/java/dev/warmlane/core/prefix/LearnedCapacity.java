package dev.warmlane.core.prefix;

/**
 * How large the cache of an endpoint has turned out to be. Immutable.
 *
 * @param statedBlocks what it is said to hold, at least 1
 * @param factor what it holds in effect, in parts of that
 * @param corrections how many predictions have missed and taught that
 */
public record LearnedCapacity(long statedBlocks, double factor, long corrections) {}
