/**
 * A model of one vLLM engine, precise enough to compare routing policies with and cheap enough to run hours of traffic in
 * seconds. {@link dev.warmlane.tools.simulator.engine.SimulatedEngine} batches continuously as vLLM does: each step mixes the next
 * token of every decoding request with chunks of prompts, takes as long as {@link
 * dev.warmlane.tools.simulator.engine.EngineModel} says, and holds its KV cache in reference-counted blocks that outlive their
 * requests until they are needed again.
 *
 * <p>There is no clock and no thread here. Whoever drives an engine tells it what time it is: simulated servers follow the
 * wall clock, trace replays jump from event to event.
 */
@NullMarked
package dev.warmlane.tools.simulator.engine;

import org.jspecify.annotations.NullMarked;
