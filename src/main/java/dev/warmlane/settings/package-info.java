/**
 * What can be set, under the prefix {@code warmlane}. A setting that is unknown or out of range stops the start, naming the
 * key, the value and what was expected; nothing is repaired silently.
 */
@NullMarked
package dev.warmlane.settings;

import org.jspecify.annotations.NullMarked;
