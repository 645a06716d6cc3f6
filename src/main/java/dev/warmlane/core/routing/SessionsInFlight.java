package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many requests each session has in flight. Turns of a conversation come one after the other, but for parallel calls of an agent. A
 * session with {@value #LEAST} and one for each endpoint is a batch under one name: an evaluation, or an application that sends one id
 * for all its users. Has no more entries than there are requests. Safe for concurrent use.
 */
final class SessionsInFlight {
    /** Fewer may be the parallel calls of an agent, which stays with its cache, however small the pool is. */
    static final int LEAST = 8;

    private final ConcurrentHashMap<Long, Integer> requests = new ConcurrentHashMap<>();

    /** Counts a request of this key until what it returns is run, once. */
    Runnable opened(AffinityKey key) {
        Long session = key.hash();
        requests.merge(session, 1, Integer::sum);
        return () -> requests.computeIfPresent(session, (id, count) -> count == 1 ? null : count - 1);
    }

    /** Whether a session has so many requests in flight that it is a batch; no other key is a session's. */
    boolean isBatch(AffinityKey key, int endpoints) {
        return isSession(key) && requests.getOrDefault(key.hash(), 0) >= Math.max(LEAST, endpoints);
    }

    /** Whether requests of this key are counted: behind an address may be many people, and a prompt is nobody's. */
    static boolean isSession(AffinityKey key) {
        return key.source() == KeySource.SESSION;
    }

    /** Sessions that have any. */
    int size() {
        return requests.size();
    }
}
