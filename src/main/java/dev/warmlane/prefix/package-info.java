/**
 * What each endpoint's KV cache is predicted to hold: prompts as chains of block hashes, and an index from those hashes\n * to endpoints.
 */
@NullMarked
package dev.warmlane.prefix;

import org.jspecify.annotations.NullMarked;
