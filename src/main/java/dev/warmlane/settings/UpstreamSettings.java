package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Connections to the engines.
 *
 * @param connectTimeout how long connecting may take
 * @param responseTimeout how long the response headers may take; without streaming that is the whole generation
 * @param idleTimeout how long a response may pause between two pieces
 * @param maxConnections connections to one endpoint at most
 * @param acquireTimeout how long a request waits for one of them
 * @param sslBundle the bundle of spring.ssl.bundle that secures https connections; empty: Java's own trust
 * @param keepAlive how long an idle connection is kept; below the 5s after which vLLM closes it
 */
public record UpstreamSettings(
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("10m") Duration responseTimeout,
        @DefaultValue("5m") Duration idleTimeout,
        @DefaultValue("4096") int maxConnections,
        @DefaultValue("5s") Duration acquireTimeout,
        @DefaultValue("") String sslBundle,
        @DefaultValue("4s") Duration keepAlive) {

    public UpstreamSettings {
        Check.positive("warmlane.upstream.connect-timeout", connectTimeout);
        Check.positive("warmlane.upstream.response-timeout", responseTimeout);
        Check.positive("warmlane.upstream.idle-timeout", idleTimeout);
        Check.atLeast("warmlane.upstream.max-connections", maxConnections, 1);
        Check.positive("warmlane.upstream.acquire-timeout", acquireTimeout);
        Check.positive("warmlane.upstream.keep-alive", keepAlive);
    }
}
