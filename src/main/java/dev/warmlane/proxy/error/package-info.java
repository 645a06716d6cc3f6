/**
 * What a client is told when something fails, in the shape of the API that it speaks, and what the log says of it.
 */
@NullMarked
package dev.warmlane.proxy.error;

import org.jspecify.annotations.NullMarked;
