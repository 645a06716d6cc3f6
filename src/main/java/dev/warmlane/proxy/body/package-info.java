/**
 * Bodies, whichever way they go: a request's, read once within a budget and parsed once, and what is kept of a response while
 * it passes through.
 */
@NullMarked
package dev.warmlane.proxy.body;

import org.jspecify.annotations.NullMarked;
