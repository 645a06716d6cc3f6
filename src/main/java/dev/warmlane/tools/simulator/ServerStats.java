package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineStats;

/**
 * What a server has seen since it started. Immutable.
 *
 * @param requests generation and embedding requests received, refused ones too
 * @param inFlight those without a complete response whose clients are still there
 * @param peakInFlight the most that were in flight at a time
 * @param cancels those whose connection ended before the response was complete
 * @param engine the engine's own counters
 */
public record ServerStats(long requests, int inFlight, int peakInFlight, long cancels, EngineStats engine) {}
