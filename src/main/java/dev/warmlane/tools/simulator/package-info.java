/**
 * Simulated vLLM servers, to try a gateway and to test it without a GPU. A {@link dev.warmlane.tools.simulator.SimulatedServer}
 * answers as vLLM does, byte for byte where clients look: completions in four APIs, streamed or whole, usage with cached
 * tokens, errors, metrics of both generations. Behind the wire a {@link dev.warmlane.tools.simulator.engine.SimulatedEngine} decides
 * how long everything takes and what the KV cache still holds. {@link dev.warmlane.tools.simulator.SimulatedFleet} runs several.
 *
 * <p>Text is tokenized at four bytes a token and generated text is four bytes a token too, so a conversation that sends an
 * response back finds it in the cache, as with a real model.
 *
 * <p>Every server has one event loop, and everything it owns lives on it: nothing is shared, nothing is locked. {@link
 * dev.warmlane.tools.simulator.Faults} make a server misbehave on demand.
 */
@NullMarked
package dev.warmlane.tools.simulator;

import org.jspecify.annotations.NullMarked;
