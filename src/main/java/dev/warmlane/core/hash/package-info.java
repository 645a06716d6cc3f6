/** Hashes that nobody can turn back, with and without a key. */
@NullMarked
package dev.warmlane.core.hash;

import org.jspecify.annotations.NullMarked;
