/**
 * A client's connection: HTTP read strictly, bounded and in time, before any filter sees a request. What is refused here is
 * answered as everywhere else, and its connection is closed.
 */
@NullMarked
package dev.warmlane.proxy.http;

import org.jspecify.annotations.NullMarked;
