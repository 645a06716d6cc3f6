/**
 * Keeps the process small where the JVM alone would let it grow: {@link dev.warmlane.ops.heap.OldGeneration} has the memory of streams
 * that ended collected long before the heap has its maximum.
 */
@NullMarked
package dev.warmlane.ops.heap;

import org.jspecify.annotations.NullMarked;
