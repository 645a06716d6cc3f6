package dev.warmlane.settings;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Filling an empty cache before its first request.
 *
 * @param enabled Whether an endpoint that is new, or comes back with an empty cache, gets the beginnings of prompts that many sessions
 *     share before it gets requests. For this the gateway keeps these beginnings in memory: what enough sessions have sent alike.
 * @param minSessions Sessions that must have sent the same beginning before it is kept. They must come from two client addresses at
 *     least, unless warmlane.affinity.client-ip says that an address has many people behind it.
 * @param memory Memory of each pool for beginnings of prompts.
 * @param ttl Time after its last use in which a beginning is dropped.
 * @param maxDuration How long an endpoint waits for its cache to be filled at most. Then it gets requests, whatever it holds.
 * @param maxTokens Prompt tokens that an endpoint computes for it at most, and never more than fill six tenths of its cache.
 * @param concurrency Requests at a time that fill a cache.
 * @param priority Value of the field priority in these requests, such as 1000 for engines with --scheduling-policy priority; others
 *     refuse it. Absent: no such field.
 */
public record PrewarmSettings(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("3") int minSessions,
        @DefaultValue("64MB") DataSize memory,
        @DefaultValue("30m") Duration ttl,
        @DefaultValue("20s") Duration maxDuration,
        @DefaultValue("200000") long maxTokens,
        @DefaultValue("4") int concurrency,
        @Nullable Integer priority) {

    public PrewarmSettings {
        Check.atLeast("warmlane.prewarm.min-sessions", minSessions, 2);
        Check.positive("warmlane.prewarm.memory", memory);
        Check.positive("warmlane.prewarm.ttl", ttl);
        Check.positive("warmlane.prewarm.max-duration", maxDuration);
        Check.atLeast("warmlane.prewarm.max-tokens", maxTokens, 1);
        Check.atLeast("warmlane.prewarm.concurrency", concurrency, 1);
    }

    /** {@link #memory}, in bytes. */
    public long memoryBytes() {
        return memory.toBytes();
    }
}
