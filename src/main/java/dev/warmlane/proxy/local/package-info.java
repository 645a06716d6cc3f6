/**
 * Responses of the gateway itself, of requests that no endpoint sees: probes, the list of models, CORS preflights, redirects, the methods of a path,
 * and the error of every request that fails before its response.
 */
@NullMarked
package dev.warmlane.proxy.local;

import org.jspecify.annotations.NullMarked;
