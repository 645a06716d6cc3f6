/** Puts the gateway together: the one place where Spring meets the rest. */
@NullMarked
package dev.warmlane.app;

import org.jspecify.annotations.NullMarked;
