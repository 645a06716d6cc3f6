/** How connections to engines are secured. Certificates can be replaced while the gateway runs. */
@NullMarked
package dev.warmlane.engines.tls;

import org.jspecify.annotations.NullMarked;
