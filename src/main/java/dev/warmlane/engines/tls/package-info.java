/**
 * How connections to engines are secured: whom the gateway trusts, and by what certificate the engines know it. What asks an
 * engine anything, on a client's account or on the gateway's own, asks here first. Certificates are exchanged while it runs.
 */
@NullMarked
package dev.warmlane.engines.tls;

import org.jspecify.annotations.NullMarked;
