package dev.warmlane.ops.dashboard;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.LiveStatus.LiveEndpoint;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happened to the endpoints of a pool from one second to the next. What happens to many of them alike is one change. */
final class EndpointChanges {
    private static final int FEW = 3;

    /** Why endpoints failed last, by their servers. */
    private final Map<EndpointId, String> failures;

    private final Map<Kind, List<String>> endpoints = new LinkedHashMap<>();

    private EndpointChanges(Map<EndpointId, String> failures) {
        this.failures = failures;
    }

    /**
     * The changes of a pool.
     *
     * @param failures why endpoints failed last, by their servers
     */
    static List<Change> between(
            LivePool was,
            LivePool is,
            Map<Subject, double[]> sumsBefore,
            Map<Subject, double[]> sums,
            Map<EndpointId, String> failures) {
        EndpointChanges changes = new EndpointChanges(failures);
        changes.compare(was, is);
        changes.restarts(is, sumsBefore, sums);
        return changes.told();
    }

    /**
     * One change.
     *
     * @param kind what has happened, in a word or two with dashes
     * @param severity critical, warning, info, or good where something is well again
     * @param endpoint its name; null where there are several
     * @param text one line
     */
    record Change(String kind, String severity, @Nullable String endpoint, String text) {}

    private void compare(LivePool was, LivePool is) {
        Map<String, LiveEndpoint> known = byId(was);
        Map<String, LiveEndpoint> listed = byId(is);
        listed.forEach((id, endpoint) -> {
            LiveEndpoint earlier = known.get(id);
            String name = endpoint.status().name();
            if (earlier == null) {
                add("endpoint-came", "good", name, "came", null);
            } else {
                change(earlier, endpoint);
            }
        });
        known.forEach((id, endpoint) -> {
            if (!listed.containsKey(id)) {
                add("endpoint-gone", "info", endpoint.status().name(), "is gone", null);
            }
        });
    }

    private void change(LiveEndpoint was, LiveEndpoint is) {
        String name = is.status().name();
        EjectionStatus out = is.status().ejection();
        EjectionStatus before = was.status().ejection();
        if (out != null && !out.probation() && (before == null || before.probation())) {
            String cause = failures.get(new EndpointId(is.status().id()).server());
            add(
                    "ejected",
                    "warning",
                    name,
                    "was ejected",
                    cause == null || out.reason().equals("operator") ? out.reason() : out.reason() + ", " + cause);
        } else if (out == null && before != null) {
            add("returned", "good", name, "is back", null);
        } else if (out == null && !was.status().state().equals(is.status().state()) && !(isUsual(was) && isUsual(is))) {
            add(
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

    private void restarts(LivePool pool, Map<Subject, double[]> before, Map<Subject, double[]> now) {
        for (LiveEndpoint endpoint : pool.endpoints()) {
            Subject subject = new Subject(pool.pool(), endpoint.status().id());
            double[] was = before.get(subject);
            double[] is = now.get(subject);
            if (was != null && is != null && is[EndpointSum.RESTARTS.index()] > was[EndpointSum.RESTARTS.index()]) {
                add("restarted", "warning", endpoint.status().name(), "has restarted, its cache is empty", null);
            }
        }
    }

    private static Map<String, LiveEndpoint> byId(LivePool pool) {
        Map<String, LiveEndpoint> byId = new LinkedHashMap<>();
        pool.endpoints().forEach(endpoint -> byId.put(endpoint.status().id(), endpoint));
        return byId;
    }

    private void add(String kind, String severity, String endpoint, String what, @Nullable String why) {
        endpoints
                .computeIfAbsent(new Kind(kind, severity, what, why), any -> new ArrayList<>())
                .add(endpoint);
    }

    private List<Change> told() {
        List<Change> told = new ArrayList<>();
        endpoints.forEach((kind, names) -> {
            if (names.size() <= FEW) {
                names.forEach(name -> told.add(kind.of(name, name + " " + kind.what())));
            } else {
                String some = String.join(", ", names.subList(0, FEW));
                told.add(kind.of(
                        null,
                        "%d endpoints (%s and %d more): each %s"
                                .formatted(names.size(), some, names.size() - FEW, kind.what())));
            }
        });
        return told;
    }

    private record Kind(
            String kind,
            String severity,
            String what,
            @Nullable String why) {
        Change of(@Nullable String endpoint, String text) {
            return new Change(kind, severity, endpoint, why == null ? text : text + ": " + why);
        }
    }
}
