/**
 * How a request ended. {@link dev.warmlane.proxy.outcome.OutcomeFilter} stands outside all other filters of the public port
 * and gives each request one {@link dev.warmlane.proxy.outcome.RequestOutcome}, which is told once how it ended. Metric,
 * access log, span and whatever the request still holds follow as listeners; nobody else decides what the result was.
 */
@NullMarked
package dev.warmlane.proxy.outcome;

import org.jspecify.annotations.NullMarked;
