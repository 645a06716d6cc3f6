package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

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
    }
}
