/**
 * The pools of vLLM servers. A {@link dev.warmlane.engines.pool.Pool} holds everything that the gateway keeps for one of them, made
 * once from its settings; whoever needs something of a pool takes it from there.
 */
@NullMarked
package dev.warmlane.engines.pool;

import org.jspecify.annotations.NullMarked;
