package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.dashboard.LiveStatus.LiveProblem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Remembers since when a pool has had each of its problems; one that goes away and comes back is new. For one thread. */
final class ProblemTimes {
    private Map<Key, Instant> since = Map.of();

    /** @param problems all that there are now */
    List<LiveProblem> note(List<Problem> problems, Instant now) {
        Map<Key, Instant> still = new HashMap<>();
        List<LiveProblem> noted = new ArrayList<>(problems.size());
        for (Problem problem : problems) {
            Key key = new Key(problem.id(), problem.endpoint());
            Instant first = since.getOrDefault(key, now);
            still.put(key, first);
            noted.add(new LiveProblem(problem, first));
        }
        since = still;
        return noted;
    }

    /** A problem whatever its value, which changes while it lasts. */
    private record Key(String id, @Nullable String endpoint) {}
}
