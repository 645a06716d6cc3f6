package dev.warmlane.settings;

import dev.warmlane.settings.AffinitySettings.Session;
import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Connections to the endpoints.
 *
 * @param connectTimeout Timeout for connecting to an endpoint, and for the TLS handshake after that.
 * @param responseTimeout Timeout for response headers. Without streaming they come when the whole response has been
 *     generated.
 * @param idleTimeout Longest pause between two chunks of a response. One of at most 64 KB that says its length goes to the client in one
 *     piece, and has this time from its headers to its end.
 * @param refusalTimeout Timeout of three short waits when an endpoint refuses or fails: for the body of an error that may send
 *     the request to another endpoint (after that its status alone decides), for the connection that shows whether it still listens, and for the response of an
 *     endpoint that reads no more of a request.
 * @param maxConnections Maximum number of connections to one endpoint.
 * @param acquireTimeout How long a request waits for a connection to its endpoint when all are in use.
 * @param sslBundle Bundle of spring.ssl.bundle for https connections: trusted certificates, and the client certificate.
 *     Empty: the JVM's trust store.
 * @param keepAlive How long an idle connection is kept open. vLLM closes it after 5 s, so stay below that.
 * @param dnsRefresh How long what DNS says of an endpoint's host name counts at most, and how often it is asked again while there are
 *     connections: those to addresses that the name has no more take no further requests.
 * @param droppedHeaders Response headers of engines that clients do not get, because they would apply to the gateway's whole
 *     domain.
 */
public record UpstreamSettings(
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("10m") Duration responseTimeout,
        @DefaultValue("5m") Duration idleTimeout,
        @DefaultValue("1s") Duration refusalTimeout,
        @DefaultValue("4096") int maxConnections,
        @DefaultValue("5s") Duration acquireTimeout,
        @DefaultValue("") String sslBundle,
        @DefaultValue("4s") Duration keepAlive,
        @DefaultValue("30s") Duration dnsRefresh,

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
        Check.positive("warmlane.upstream.refusal-timeout", refusalTimeout);
        Check.atLeast("warmlane.upstream.max-connections", maxConnections, 1);
        Check.positive("warmlane.upstream.acquire-timeout", acquireTimeout);
        Check.positive("warmlane.upstream.keep-alive", keepAlive);
        Check.positive("warmlane.upstream.dns-refresh", dnsRefresh);
        droppedHeaders = List.copyOf(droppedHeaders);
        for (String header : droppedHeaders) {
            if (!Session.TOKEN.matcher(header).matches()) {
                throw new InvalidSettingException(
                        "warmlane.upstream.dropped-headers", header, "names of headers, such as set-cookie");
            }
        }
    }

    /**
     * Failover to another endpoint before the first byte.
     *
     * @param maxRetries Maximum number of further endpoints that are tried for one request, at most 100.
     * @param budget Maximum share of a pool's active requests, from 0 to 1, that may be retries after an error response, a
     *     timeout or an abort. Retries after failed connections do not count.
     * @param budgetMin Retries that are always allowed at once, whatever the budget.
     * @param backoff Maximum pause before a retry when the cause of the failure repeats. It doubles with each repetition; the
     *     actual pause is random.
     * @param maxBackoff Upper bound of the pause before a retry.
     * @param onTimeout Whether a request is retried at another endpoint after warmlane.upstream.response-timeout.
     * @param hold How long a stream's response headers are held back for its first token. Until then another endpoint can take
     *     over if the engine aborts or dies. 0s: not at all.
     */
    public record RetrySettings(
            @DefaultValue("2") int maxRetries,
            @DefaultValue("0.2") double budget,
            @DefaultValue("3") int budgetMin,
            @DefaultValue("25ms") Duration backoff,
            @DefaultValue("250ms") Duration maxBackoff,
            @DefaultValue("false") boolean onTimeout,
            @DefaultValue("2s") Duration hold) {

        private static final int MOST_RETRIES = 100;

        public RetrySettings {
            Check.between("warmlane.retry.max-retries", maxRetries, 0, MOST_RETRIES);
            if (!(budget >= 0 && budget <= 1)) {
                throw new InvalidSettingException("warmlane.retry.budget", budget, "0 to 1");
            }
            Check.atLeast("warmlane.retry.budget-min", budgetMin, 0);
            Check.positive("warmlane.retry.backoff", backoff);
            if (maxBackoff.compareTo(backoff) < 0) {
                throw new InvalidSettingException(
                        "warmlane.retry.max-backoff", maxBackoff, "at least warmlane.retry.backoff");
            }
            if (hold.isNegative()) {
                throw new InvalidSettingException("warmlane.retry.hold", hold, "0s, or more, such as 2s");
            }
        }
    }

    /**
     * What happens while all endpoints of a pool are full.
     *
     * @param maxRequestsPerEndpoint Maximum number of requests in flight at one endpoint, at least 1. Further ones wait in the
     *     queue.
     * @param maxEntries Maximum number of requests in the queue of one pool. Requests beyond it get 429. 0: no queue.
     * @param maxWait Maximum time in the queue. Requests that wait longer get 429.
     * @param bodyPriority Whether the priority field of the body orders the queue as it does in vLLM: lower goes first. Any
     *     client may set it.
     * @param priorityHeader Header whose priority overrides that of the body. Empty: none. Use one that clients cannot set
     *     themselves.
     */
    public record QueueSettings(
            @DefaultValue("1024") int maxRequestsPerEndpoint,
            @DefaultValue("1024") int maxEntries,
            @DefaultValue("30s") Duration maxWait,
            @DefaultValue("false") boolean bodyPriority,
            @DefaultValue("") String priorityHeader) {
        private static final int MOST_ENTRIES = 100_000;

        public QueueSettings {
            Check.atLeast("warmlane.queue.max-requests-per-endpoint", maxRequestsPerEndpoint, 1);
            if (maxEntries < 0 || maxEntries > MOST_ENTRIES) {
                throw new InvalidSettingException("warmlane.queue.max-entries", maxEntries, "0 to " + MOST_ENTRIES);
            }
            Check.positive("warmlane.queue.max-wait", maxWait);
            if (!priorityHeader.isEmpty()
                    && !Session.TOKEN.matcher(priorityHeader).matches()) {
                throw new InvalidSettingException(
                        "warmlane.queue.priority-header", priorityHeader, "the name of a header, or nothing");
            }
        }
    }
}
