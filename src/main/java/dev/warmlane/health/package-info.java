/**
 * How well the endpoints of a pool are, told from their own health checks and from what becomes of the requests sent to them.
 */
@NullMarked
package dev.warmlane.health;

import org.jspecify.annotations.NullMarked;
