/**
 * Which endpoint a returning client belongs to: the key that names the client, the stateless preference order of every
 * key over endpoint ids, and the bounded table of bindings with its sliding time to live.
 */
@NullMarked
package dev.warmlane.core.affinity;

import org.jspecify.annotations.NullMarked;
