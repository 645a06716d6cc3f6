package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.LiveStatus.LiveEndpoint;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.LiveStatus.LiveProblem;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import dev.warmlane.ops.dashboard.Replicas.LiveReplica;
import dev.warmlane.ops.history.History.Subject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has happened, the newest {@value #MOST}: told by those who know it, or seen from one second to the next. What happens to
 * many endpoints in the same second is one event. A problem that begins is a line of the log as well. Safe for concurrent use.
 */
public final class EventLog {
    private static final int MOST = 500;
    private static final int FEW = 3;
    private static final Duration LOG_PAUSE = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(EventLog.class);

    private final InstantSource clock;
    private final Deque<Event> events = new ArrayDeque<>();
    private final Map<EndpointId, String> failures = new ConcurrentHashMap<>();
    /** When each problem of each pool was logged last; by the one thread that compares. */
    private final Map<String, Instant> logged = new HashMap<>();

    /** An empty log. */
    public EventLog(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * One event.
     *
     * @param kind what has happened, in a word or two with dashes
     * @param severity critical, warning, info, or good where something is well again
     * @param pool where; null: at this replica
     * @param endpoint its name; null where it is none, or several
     * @param text one line
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Event(
            Instant at,
            String kind,
            String severity,
            @Nullable String pool,
            @Nullable String endpoint,
            String text) {}

    /** Notes that something was loaded anew while this replica runs, such as a certificate. */
    public void reloaded(String what) {
        add(new Event(clock.instant(), "reloaded", "info", null, null, what + " loaded anew"));
    }

    /** Learns why endpoints of this pool fail. */
    void listen(Pool pool) {
        pool.health().addListener(new HealthListener() {
            @Override
            public void failed(Endpoint endpoint, String why) {
                failures.put(endpoint.id().server(), why);
            }
        });
        pool.endpoints().onRemoval(gone -> failures.remove(gone.server()));
    }

    /** The newest first. */
    public synchronized List<Event> newest() {
        List<Event> newest = new ArrayList<>(events);
        Collections.reverse(newest);
        return newest;
    }

    private synchronized void add(Event event) {
        events.addLast(event);
        if (events.size() > MOST) {
            events.removeFirst();
        }
    }

    /** Notes what is other now than it was a second before. */
    void compare(
            @Nullable LiveStatus before,
            LiveStatus now,
            Map<Subject, double[]> sumsBefore,
            Map<Subject, double[]> sums,
            Function<String, String> severities) {
        if (before == null) {
            add(new Event(now.at(), "started", "info", null, null, "this replica started"));
            return;
        }
        for (int i = 0; i < now.pools().size(); i++) {
            LivePool was = before.pools().get(i);
            LivePool is = now.pools().get(i);
            Changes changes = new Changes(now.at(), is.pool());
            endpoints(was, is, changes);
            restarts(is, sumsBefore, sums, changes);
            changes.told().forEach(this::add);
            problems(was, is, now.at(), severities);
        }
        replicas(before, now);
    }

    private void endpoints(LivePool was, LivePool is, Changes changes) {
        Map<String, LiveEndpoint> known = byId(was);
        Map<String, LiveEndpoint> listed = byId(is);
        listed.forEach((id, endpoint) -> {
            LiveEndpoint earlier = known.get(id);
            String name = endpoint.status().name();
            if (earlier == null) {
                changes.add("endpoint-came", "good", name, "came", null);
            } else {
                change(earlier, endpoint, changes);
            }
        });
        known.forEach((id, endpoint) -> {
            if (!listed.containsKey(id)) {
                changes.add("endpoint-gone", "info", endpoint.status().name(), "is gone", null);
            }
        });
    }

    private void change(LiveEndpoint was, LiveEndpoint is, Changes changes) {
        String name = is.status().name();
        EjectionStatus out = is.status().ejection();
        EjectionStatus before = was.status().ejection();
        if (out != null && !out.probation() && (before == null || before.probation())) {
            String cause = failures.get(new EndpointId(is.status().id()).server());
            changes.add(
                    "ejected",
                    "warning",
                    name,
                    "was ejected",
                    cause == null || out.reason().equals("operator") ? out.reason() : out.reason() + ", " + cause);
        } else if (out == null && before != null) {
            changes.add("returned", "good", name, "is back", null);
        } else if (out == null && !was.status().state().equals(is.status().state()) && !(isUsual(was) && isUsual(is))) {
            changes.add(
                    "state",
                    "info",
                    name,
                    "is " + is.status().state() + ", was " + was.status().state(),
                    null);
        }
    }

    private static boolean isUsual(LiveEndpoint endpoint) {
        return endpoint.status().state().equals(EndpointState.READY.label())
                || endpoint.status().state().equals(EndpointState.STARTING.label());
    }

    private static void restarts(
            LivePool pool, Map<Subject, double[]> before, Map<Subject, double[]> now, Changes changes) {
        for (LiveEndpoint endpoint : pool.endpoints()) {
            Subject subject = new Subject(pool.pool(), endpoint.status().id());
            double[] was = before.get(subject);
            double[] is = now.get(subject);
            if (was != null && is != null && is[EndpointSum.RESTARTS.index()] > was[EndpointSum.RESTARTS.index()]) {
                changes.add(
                        "restarted", "warning", endpoint.status().name(), "has restarted, its cache is empty", null);
            }
        }
    }

    private void problems(LivePool was, LivePool is, Instant now, Function<String, String> severities) {
        Set<String> before = ids(was);
        Set<String> after = ids(is);
        after.stream().filter(id -> !before.contains(id)).forEach(id -> {
            add(new Event(now, "began", severities.apply(id), is.pool(), null, "%s began".formatted(id)));
            if (isNews(is.pool(), id, now)) {
                log.warn("pool {}: {} began{}", is.pool(), id, details(is, id));
            }
        });
        before.stream()
                .filter(id -> !after.contains(id))
                .forEach(id -> add(new Event(now, "ended", "good", is.pool(), null, "%s ended".formatted(id))));
    }

    /** Whether it is to be logged: what comes and goes is said once in a while. */
    private boolean isNews(String pool, String problem, Instant now) {
        String which = pool + " " + problem;
        Instant last = logged.get(which);
        if (last != null && now.isBefore(last.plus(LOG_PAUSE))) {
            return false;
        }
        logged.put(which, now);
        return true;
    }

    private static String details(LivePool pool, String id) {
        List<Problem> all = pool.problems().stream()
                .map(LiveProblem::problem)
                .filter(problem -> problem.id().equals(id))
                .toList();
        String some = all.stream()
                .limit(FEW)
                .flatMap(problem -> Stream.of(problem.endpoint(), problem.value()))
                .filter(Objects::nonNull)
                .collect(Collectors.joining(" "));
        String more = all.size() > FEW ? " and %d more".formatted(all.size() - FEW) : "";
        return some.isEmpty() ? "" : ": " + some + more;
    }

    private void replicas(LiveStatus before, LiveStatus now) {
        Set<@Nullable String> known = names(before);
        Set<@Nullable String> there = names(now);
        there.stream()
                .filter(name -> !known.contains(name))
                .forEach(name -> add(new Event(
                        now.at(), "replica-joined", "good", null, null, "replica %s joined".formatted(name))));
        known.stream()
                .filter(name -> !there.contains(name))
                .forEach(name -> add(
                        new Event(now.at(), "replica-left", "warning", null, null, "replica %s left".formatted(name))));
    }

    private static Map<String, LiveEndpoint> byId(LivePool pool) {
        Map<String, LiveEndpoint> byId = new LinkedHashMap<>();
        pool.endpoints().forEach(endpoint -> byId.put(endpoint.status().id(), endpoint));
        return byId;
    }

    private static Set<String> ids(LivePool pool) {
        return pool.problems().stream()
                .map(LiveProblem::problem)
                .map(Problem::id)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Set<@Nullable String> names(LiveStatus status) {
        Set<@Nullable String> names = new HashSet<>();
        status.replicas().stream()
                .map(LiveReplica::name)
                .filter(Objects::nonNull)
                .forEach(names::add);
        return names;
    }

    /** What happened to the endpoints of a pool in one second. */
    private record Changes(Instant at, String pool, Map<Key, List<String>> endpoints) {
        Changes(Instant at, String pool) {
            this(at, pool, new LinkedHashMap<>());
        }

        private record Key(
                String kind,
                String severity,
                String what,
                @Nullable String why) {}

        void add(String kind, String severity, String endpoint, String what, @Nullable String why) {
            endpoints
                    .computeIfAbsent(new Key(kind, severity, what, why), key -> new ArrayList<>())
                    .add(endpoint);
        }

        List<Event> told() {
            List<Event> told = new ArrayList<>();
            endpoints.forEach((key, names) -> {
                if (names.size() <= FEW) {
                    names.forEach(name -> told.add(event(key, name, "%s %s".formatted(name, key.what()))));
                } else {
                    told.add(event(
                            key,
                            null,
                            "%d endpoints (%s and %d more): each %s"
                                    .formatted(
                                            names.size(),
                                            String.join(", ", names.subList(0, FEW)),
                                            names.size() - FEW,
                                            key.what())));
                }
            });
            return told;
        }

        private Event event(Key key, @Nullable String endpoint, String text) {
            return new Event(
                    at,
                    key.kind(),
                    key.severity(),
                    pool,
                    endpoint,
                    key.why() == null ? text : "%s: %s".formatted(text, key.why()));
        }
    }
}
