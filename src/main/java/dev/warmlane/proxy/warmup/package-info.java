/**
 * The gateway's first requests are its own, so that the JVM has compiled what clients would wait for. Before the gateway says that it is
 * ready, a {@link dev.warmlane.proxy.warmup.WarmUp} serves requests of all shapes on a port of loopback: by the classes that serve
 * clients, but with pools, meters and connections of their own, which are thrown away.
 */
@NullMarked
package dev.warmlane.proxy.warmup;

import org.jspecify.annotations.NullMarked;
