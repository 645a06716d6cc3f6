/**
 * What the gateway counts and measures, by name. {@link dev.warmlane.metrics.GatewayMeter} is the one place where a meter's
 * name, labels and description stand; whoever measures makes its meters from there, and docs/metrics.md is written from it.
 */
@NullMarked
package dev.warmlane.metrics;

import org.jspecify.annotations.NullMarked;
