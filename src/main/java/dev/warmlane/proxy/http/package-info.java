/**
 * A client's connection: HTTP is read strictly and within limits of size and time, before any filter sees a request. What is refused here
 * gets the error that it would get anywhere else, and its connection is closed.
 */
@NullMarked
package dev.warmlane.proxy.http;

import org.jspecify.annotations.NullMarked;
