/**
 * What each endpoint's KV cache is predicted to hold. A prompt becomes a chain of block hashes, and an index from those
 * hashes to endpoints answers, in one walk of the chain, how many leading blocks each endpoint already has. Predictions
 * follow what the gateway sent where, with the engine's own rule of eviction; what engines report as delivered corrects them.
 * {@link dev.warmlane.core.prefix.SharedPrompts} says which beginnings of prompts an empty cache should hold before its first request.
 */
@NullMarked
package dev.warmlane.core.prefix;

import org.jspecify.annotations.NullMarked;
