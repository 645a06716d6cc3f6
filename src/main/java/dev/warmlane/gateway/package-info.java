/** Puts the gateway together: the one place where Spring meets the rest. */
@NullMarked
package dev.warmlane.gateway;

import org.jspecify.annotations.NullMarked;
