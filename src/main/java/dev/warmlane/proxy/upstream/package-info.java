/**
 * Connections to the engines, and what a failed exchange on one of them means.
 */
@NullMarked
package dev.warmlane.proxy.upstream;

import org.jspecify.annotations.NullMarked;
