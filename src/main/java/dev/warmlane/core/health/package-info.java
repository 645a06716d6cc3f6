/**
 * How well the endpoints of a pool are, told from their health checks and from what becomes of the requests sent to them. Every
 * request tells its {@link dev.warmlane.core.health.HealthWatch} how it went; {@link dev.warmlane.core.health.PoolHealth} counts that, and
 * when it says something new, replaces an immutable book of {@link dev.warmlane.core.health.EndpointHealth} and lets the pool's
 * snapshot follow. {@link dev.warmlane.core.health.HealthRules} says where the lines are; {@link
 * dev.warmlane.core.health.HealthListener}s log and count.
 */
@NullMarked
package dev.warmlane.core.health;

import org.jspecify.annotations.NullMarked;
