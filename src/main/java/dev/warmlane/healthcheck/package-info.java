/**
 * Asks every vLLM server that discovery calls ready for {@code GET /health}, off the request path, on a thread and connections
 * of its own. {@link dev.warmlane.healthcheck.HealthChecker} tells the answers to {@link dev.warmlane.health.PoolHealth}, which
 * decides what they mean, and is the clock by which that lets time pass.
 */
@NullMarked
package dev.warmlane.healthcheck;

import org.jspecify.annotations.NullMarked;
