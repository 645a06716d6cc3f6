package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What happens while all endpoints of a pool are full.
 *
 * @param maxRequestsPerEndpoint requests in flight at one endpoint at most, from 1
 * @param maxEntries requests of one pool that wait; past it 429; 0: nobody waits
 * @param maxWait how long one waits; past it 429
 * @param bodyPriority whether {@code priority} in the body decides who goes first, lower first
 * @param priorityHeader the name of a header that bears a priority and goes before the body's; empty: none
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
