/**
 * What vLLM says on the wire and nothing else: its metrics exposition, its request bodies, its usage reports.
 */
@NullMarked
package dev.warmlane.core.vllm;

import org.jspecify.annotations.NullMarked;
