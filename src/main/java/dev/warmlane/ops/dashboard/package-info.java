/**
 * The operators' page: every second the gateway's own counts and the engines' reports are added up, once for however many pages
 * are open; the last minute of them is the headline, what is wrong is judged from it, and every ten seconds it goes into the
 * history. The page itself is static files and talks to the management port only.
 */
@NullMarked
package dev.warmlane.ops.dashboard;

import org.jspecify.annotations.NullMarked;
