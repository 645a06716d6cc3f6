/**
 * What the gateway asks engines on its own account, off the request path: {@link dev.warmlane.engines.probe.LoadScraper} asks
 * each endpoint of the pools for its metrics about once a second and for its models and version now and then; {@link
 * dev.warmlane.engines.probe.HealthChecker} asks whether it is healthy. Each polls on a thread and connections of its own.
 *
 * <p>What scrapes teach is published as immutable {@link dev.warmlane.engines.probe.EndpointReport}s. A report outlives the
 * scrapes that fail after it: its values stay, its age grows and it carries the error. What needs reports reads them through
 * {@link dev.warmlane.engines.probe.EndpointReport.EndpointReports}: the actuator, the meters, and {@link
 * dev.warmlane.engines.models.ServedModels}, which knows which pool serves which model.
 */
@NullMarked
package dev.warmlane.engines.probe;

import org.jspecify.annotations.NullMarked;
