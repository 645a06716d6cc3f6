/**
 * The health of a pool's endpoints, judged by health checks and by the requests sent to them. Every request reports to its {@link
 * dev.warmlane.core.health.HealthWatch} how it went; {@link dev.warmlane.core.health.PoolHealth} counts that and, when something
 * changes, replaces an immutable book of {@link dev.warmlane.core.health.EndpointHealth} and updates the pool's snapshot. {@link
 * dev.warmlane.core.health.HealthRules} says when an endpoint is ejected and how it comes back; {@link
 * dev.warmlane.core.health.HealthListener}s log and count.
 */
@NullMarked
package dev.warmlane.core.health;

import org.jspecify.annotations.NullMarked;
