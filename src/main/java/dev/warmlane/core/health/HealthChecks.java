package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What health checks say of one pool's servers: rows of passes and failures, the last check of each, and who is suspected of
 * hanging or says that it sleeps. Safe for concurrent use.
 */
public final class HealthChecks {
    private final CurrentHealth health;
    private final ColdCaches caches;
    private final HealthRules rules;
    private final Presence presence;
    private final LongSupplier nanoClock;
    private final Map<EndpointId, Streak> streaks = new ConcurrentHashMap<>();

    HealthChecks(
            CurrentHealth health, ColdCaches caches, HealthRules rules, Presence presence, LongSupplier nanoClock) {
        this.health = health;
        this.caches = caches;
        this.rules = rules;
        this.presence = presence;
        this.nanoClock = nanoClock;
    }

    /**
     * The last check of an endpoint that ended.
     *
     * @param outcome what came of it, in a few words without addresses or content
     * @param passed whether that was well
     * @param tookNanos how long it took
     * @param endedNanos when it ended, on the clock of the pool's health
     */
    public record LastCheck(String outcome, boolean passed, long tookNanos, long endedNanos) {}

    /** The last check of an endpoint; null before the first. */
    public @Nullable LastCheck last(EndpointId endpoint) {
        Streak streak = streaks.get(endpoint.server());
        return streak == null ? null : streak.last;
    }

    /**
     * A health check of an endpoint has passed, which ends a suspicion.
     *
     * @param sinceNanos when it began, on the clock of the pool's health
     */
    public void passed(EndpointId id, long sinceNanos) {
        EndpointId endpoint = id.server();
        int inARow = add(endpoint, true, "200", sinceNanos);
        suspect(endpoint, false);
        if (inARow >= rules.checkRise()) {
            health.change(before -> before.checkRose(endpoint));
        }
        forgetIfGone(endpoint);
    }

    /**
     * A health check of an endpoint has failed.
     *
     * @param why a few words without addresses or content
     * @param sinceNanos when it began, on the clock of the pool's health
     */
    public void failed(EndpointId id, FailureCause cause, String why, long sinceNanos) {
        health.tell(id, (listener, listed) -> listener.failed(listed, why));
        EndpointId endpoint = id.server();
        int inARow = add(endpoint, false, why, sinceNanos);
        boolean fell = inARow >= rules.checkFall();
        health.change(before -> before.checkFailed(endpoint, fell, cause.losesCache(), nanoClock.getAsLong()));
        health.tell(
                endpoint,
                (listener, listed) ->
                        listener.checkFailed(listed, cause, inARow, !presence.heardSince(endpoint, sinceNanos)));
        forgetIfGone(endpoint);
    }

    /** A health check found that nobody listens at an endpoint. */
    public void refused(EndpointId endpoint) {
        health.tell(endpoint, HealthListener::refused);
    }

    /**
     * A health check of an endpoint is late. If nothing has come from it since the check began, it is suspected of hanging, and
     * gets no requests as long as others do.
     *
     * @return whether that is news
     */
    public boolean late(EndpointId endpoint, long sinceNanos) {
        return !presence.heardSince(endpoint.server(), sinceNanos) && suspect(endpoint.server(), true);
    }

    /** Whether the engine of an endpoint sleeps, as it says itself. */
    public void sleeps(EndpointId endpoint, boolean asleep) {
        if (health.isListed(endpoint) && presence.sleeps(endpoint.server(), asleep)) {
            if (!asleep) {
                caches.cold(endpoint.server(), health.pool().snapshot());
            }
            health.pool().refresh();
            health.tell(endpoint, (listener, listed) -> listener.slept(listed, asleep));
        }
    }

    /** Logs what a check found about an endpoint. */
    public void note(Endpoint endpoint, String what, @Nullable String why) {
        health.tell(listener -> listener.noted(endpoint, what, why));
    }

    void forget(EndpointId server) {
        streaks.remove(server);
    }

    private int add(EndpointId endpoint, boolean passed, String outcome, long sinceNanos) {
        Streak streak = streaks.computeIfAbsent(endpoint, added -> new Streak());
        long now = nanoClock.getAsLong();
        streak.last = new LastCheck(outcome, passed, now - sinceNanos, now);
        return streak.add(passed);
    }

    private boolean suspect(EndpointId endpoint, boolean suspected) {
        boolean isNews = (!suspected || health.isListed(endpoint)) && presence.suspect(endpoint, suspected);
        if (isNews) {
            health.pool().refresh();
        }
        return isNews;
    }

    /** It may have left while its check was noted. */
    private void forgetIfGone(EndpointId endpoint) {
        if (!health.isListed(endpoint)) {
            forget(endpoint);
        }
    }

    /** How many health checks of an endpoint in a row had the same result. */
    private static final class Streak {
        private boolean passing;
        private int length;
        private volatile @Nullable LastCheck last;

        /** Adds a result; returns the length of the streak, at least 1. */
        synchronized int add(boolean passed) {
            length = passed == passing && length < Integer.MAX_VALUE ? length + 1 : 1;
            passing = passed;
            return length;
        }
    }
}
