/**
 * How pools and endpoints did over the last hour, day and week, in bounded memory and, where a directory is given, across
 * restarts. Everything that is recorded is a sum that only grows - requests, tokens, seconds, gauge samples added up - so that
 * a figure over any interval is a quotient of two differences, and a coarser step is as exact as a finer one: no average of
 * averages, no average of percentiles.
 */
@NullMarked
package dev.warmlane.ops.history;

import org.jspecify.annotations.NullMarked;
