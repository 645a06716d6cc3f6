package dev.warmlane.settings;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Connections to the endpoints.
 *
 * @param connectTimeout Timeout for connecting to an endpoint.
 * @param responseTimeout Timeout for response headers. Without streaming they come when the whole response has been
 *     generated.
 * @param idleTimeout Longest pause between two chunks of a response.
 * @param maxConnections Maximum number of connections to one endpoint.
 * @param acquireTimeout How long a request waits for a connection to its endpoint when all are in use.
 * @param sslBundle Bundle of spring.ssl.bundle for https connections: trusted certificates, and the client certificate.
 *     Empty: the JVM's trust store.
 * @param keepAlive How long an idle connection is kept open. vLLM closes it after 5 s, so stay below that.
 * @param droppedHeaders Headers of engines that clients do not get: those with which one engine speaks for the gateway's whole
 *     domain.
 */
public record UpstreamSettings(
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("10m") Duration responseTimeout,
        @DefaultValue("5m") Duration idleTimeout,
        @DefaultValue("4096") int maxConnections,
        @DefaultValue("5s") Duration acquireTimeout,
        @DefaultValue("") String sslBundle,
        @DefaultValue("4s") Duration keepAlive,

        @DefaultValue({
            "set-cookie",
            "set-cookie2",
            "strict-transport-security",
            "public-key-pins",
            "alt-svc",
            "clear-site-data",
            "nel",
            "report-to",
            "reporting-endpoints"
        })
        List<String> droppedHeaders) {

    public UpstreamSettings {
        Check.positive("warmlane.upstream.connect-timeout", connectTimeout);
        Check.positive("warmlane.upstream.response-timeout", responseTimeout);
        Check.positive("warmlane.upstream.idle-timeout", idleTimeout);
        Check.atLeast("warmlane.upstream.max-connections", maxConnections, 1);
        Check.positive("warmlane.upstream.acquire-timeout", acquireTimeout);
        Check.positive("warmlane.upstream.keep-alive", keepAlive);
        droppedHeaders = List.copyOf(droppedHeaders);
    }
}
