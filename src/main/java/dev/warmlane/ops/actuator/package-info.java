/**
 * What operators see on the management port. {@link dev.warmlane.ops.actuator.VllmEndpoint} shows what every vLLM server of
 * every pool last said of itself, merged with the gateway's own counts, and the totals of a pool; {@link
 * dev.warmlane.ops.actuator.EngineMeters} shows the same as {@code warmlane_engine_*} meters. Both read the scraper's reports
 * and ask no server anything.
 */
@NullMarked
package dev.warmlane.ops.actuator;

import org.jspecify.annotations.NullMarked;
