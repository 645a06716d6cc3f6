/** Warmlane: a cache-aware ingress for vLLM. */
@NullMarked
package dev.warmlane;

import org.jspecify.annotations.NullMarked;
