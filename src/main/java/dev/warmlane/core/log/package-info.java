/** Bounds what is said again and again: whoever logs a line that can come many times a second asks first whether it may. */
@NullMarked
package dev.warmlane.core.log;

import org.jspecify.annotations.NullMarked;
