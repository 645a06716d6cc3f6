/**
 * Who goes next when every endpoint is full. A request that finds no room gets a {@link dev.warmlane.core.admission.Ticket} in its
 * pool's bounded line; {@link dev.warmlane.core.admission.AdmissionQueue} lets one in for each request that ends, by priority, fairly
 * between clients, and rather where its cache is warm. Who cannot be served in time is told when to come back. While there
 * is room nobody waits, and all this costs one volatile read.
 */
@NullMarked
package dev.warmlane.core.admission;

import org.jspecify.annotations.NullMarked;
