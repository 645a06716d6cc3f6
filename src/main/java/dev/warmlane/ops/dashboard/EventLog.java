package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.ops.dashboard.EndpointChanges.Change;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.LiveStatus.LiveReplica;
import dev.warmlane.ops.dashboard.ProblemCatalogue.LiveProblem;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
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
import org.slf4j.event.Level;

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
    /**
     * The problems of each pool that have begun; by the one thread that compares. Those of the first look are not among them: what
     * is still wrong a second later began with the start, and what a start passes through is no problem.
     */
    private final Map<String, Set<String>> begun = new HashMap<>();
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

    /** Notes that something was reloaded while this replica runs, such as a certificate. */
    public void reloaded(String what) {
        add(new Event(clock.instant(), "reloaded", "info", null, null, what + " reloaded"));
    }

    /** Learns why endpoints of this pool fail. */
    void listen(Pool pool) {
        pool.health().addListener(new HealthListener() {
            @Override
            public void failed(Endpoint endpoint, String why) {
                failures.put(endpoint.id().server(), why);
            }
        });
        pool.endpoints().onRemoval(gone -> gone.forEach(id -> failures.remove(id.server())));
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
            for (Change change : EndpointChanges.between(was, is, sumsBefore, sums, failures)) {
                add(new Event(now.at(), change.kind(), change.severity(), is.pool(), change.endpoint(), change.text()));
            }
            problems(is, now.at(), severities);
        }
        replicas(before, now);
    }

    private void problems(LivePool is, Instant now, Function<String, String> severities) {
        Set<String> after = ids(is);
        Set<String> before = Objects.requireNonNullElse(begun.put(is.pool(), after), Set.of());
        after.stream().filter(id -> !before.contains(id)).forEach(id -> {
            String severity = severities.apply(id);
            add(new Event(now, "began", severity, is.pool(), null, "%s began".formatted(id)));
            if (isNews(is.pool(), id, now)) {
                log.atLevel(severity.equals("info") ? Level.INFO : Level.WARN)
                        .log(
                                "pool {}: {}{}; see docs/runbook.md",
                                is.pool(),
                                ProblemCatalogue.alert(id),
                                details(is, id));
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
}
