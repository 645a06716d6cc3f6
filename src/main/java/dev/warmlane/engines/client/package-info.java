/**
 * How the gateway talks to an engine, whether for a client, for a scrape or for a health check: one way to build a client, and
 * one vocabulary for what went wrong. {@link dev.warmlane.engines.client.EngineClient} builds every HTTP client and connection
 * pool, {@link dev.warmlane.engines.client.ClientTls} secures them, {@link dev.warmlane.engines.client.EngineFailure} classifies
 * every failure.
 */
@NullMarked
package dev.warmlane.engines.client;

import org.jspecify.annotations.NullMarked;
