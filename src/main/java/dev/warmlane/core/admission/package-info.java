/**
 * Who goes next when every endpoint is full. A request that finds no capacity gets a {@link dev.warmlane.core.admission.Ticket} in
 * its pool's bounded queue; {@link dev.warmlane.core.admission.AdmissionQueue} admits one for each request that ends: by priority,
 * fairly between clients, and preferably where its cache is warm. Who cannot be served in time is told when to come back. While
 * endpoints have capacity nobody waits, and all this costs one volatile read.
 */
@NullMarked
package dev.warmlane.core.admission;

import org.jspecify.annotations.NullMarked;
