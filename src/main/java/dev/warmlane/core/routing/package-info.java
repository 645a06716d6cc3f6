/**
 * The choice of an endpoint: a request and a view of its pool go in, a decision comes out. Policies only choose; the router
 * dispatches what they chose and keeps the pool's memory, of bindings, predicted cache contents and load, which they read.
 */
@NullMarked
package dev.warmlane.core.routing;

import org.jspecify.annotations.NullMarked;
