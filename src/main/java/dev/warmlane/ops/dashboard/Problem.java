package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.ops.dashboard.LiveStatus.LiveProblem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong now.
 *
 * @param id its entry in the catalogue
 * @param endpoint the name of the endpoint that has it; null if the pool as a whole has it
 * @param value the number that says so, as people read it; null where there is none
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Problem(
        String id, @Nullable String endpoint, @Nullable String value) {

    static Problem ofPool(String id) {
        return new Problem(id, null, null);
    }

    static Problem ofPool(String id, String value) {
        return new Problem(id, null, value);
    }

    static Problem ofEndpoint(String id, String endpoint) {
        return new Problem(id, endpoint, null);
    }

    /** Remembers since when a pool has had each of its problems; one that goes away and comes back is new. For one thread. */
    static final class ProblemTimes {
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
}
