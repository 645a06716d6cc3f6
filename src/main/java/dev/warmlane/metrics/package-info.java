/**
 * What the gateway counts and measures, by name. {@link dev.warmlane.metrics.RequestMeter} and {@link
 * dev.warmlane.metrics.PoolMeter} are the only places where a meter's name, labels and description stand; whoever measures makes
 * its meters from there, and docs/metrics.md is written from them.
 */
@NullMarked
package dev.warmlane.metrics;

import org.jspecify.annotations.NullMarked;
