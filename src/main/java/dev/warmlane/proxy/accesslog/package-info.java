/**
 * One JSON line a request, for those who ask for it. What the proxy knows of a request that is over becomes an {@link
 * dev.warmlane.proxy.accesslog.AccessRecord}; {@link dev.warmlane.proxy.accesslog.AccessLog} takes it from the event loop through
 * Logback's bounded queue, and one thread writes the lines. No line tells a prompt, a session or an address: what must be told apart is
 * told by {@link dev.warmlane.proxy.accesslog.Pseudonyms}, so that a log can be replayed without saying who sent what.
 */
@NullMarked
package dev.warmlane.proxy.accesslog;

import org.jspecify.annotations.NullMarked;
