/** Hashes that nobody can turn back: {@link dev.warmlane.core.hash.Sha256}, and under a key {@link dev.warmlane.core.hash.KeyedHash}. */
@NullMarked
package dev.warmlane.core.hash;

import org.jspecify.annotations.NullMarked;
