package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.warmlane.ops.dashboard.ProblemCatalogue.LiveProblem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Every problem that the gateway knows, with its causes and what to do, for the dashboard and the runbook. */
public final class ProblemCatalogue {
    /** Where it lies on the class path. */
    public static final String RESOURCE = "conditions/catalogue.yaml";

    private final List<Entry> entries;

    private ProblemCatalogue(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * One thing that can be wrong.
     *
     * @param id what it is called in {@link Problem}, in the runbook and, in camel case, by its alert
     * @param severity critical, warning or info
     * @param title one line
     * @param meaning what it means for users; {pool}, {endpoint} and {value} stand for the ones concerned
     * @param follows problems that bring this one with them: where one of them is there, it is the cause
     * @param sameEndpoint whether it is so only at the endpoint that has both
     * @param causes likely ones, the likeliest first
     * @param look where to see which of the causes it is; what is to be typed is between backticks
     * @param actions what to do
     */
    public record Entry(
            String id,
            String severity,
            String title,
            String meaning,
            List<String> follows,
            Boolean sameEndpoint,
            List<String> causes,
            List<String> look,
            List<String> actions) {
        public Entry {
            follows = List.copyOf(Objects.requireNonNullElse(follows, List.of()));
            sameEndpoint = Objects.requireNonNullElse(sameEndpoint, false);
        }
    }

    /** The alert of a problem, by which the runbook calls it: {@code WarmlaneKvCacheFull} of kv-cache-full. */
    public static String alert(String id) {
        return Stream.of(id.split("-"))
                .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining("", "Warmlane", ""));
    }

    /** Reads it from the class path. */
    public static ProblemCatalogue load() {
        try (InputStream in = ProblemCatalogue.class.getClassLoader().getResourceAsStream(RESOURCE)) {
            Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(in);
            return new ProblemCatalogue(JsonMapper.shared().convertValue(read, new TypeReference<>() {}));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In the order in which they are to be read. */
    public List<Entry> entries() {
        return entries;
    }

    /**
     * Something that is wrong now.
     *
     * @param id its entry in the catalogue
     * @param endpoint the name of the endpoint that has it; null if the pool as a whole has it
     * @param value the number that says so, as people read it; null where there is none
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Problem(
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
    }

    /**
     * One problem of now.
     *
     * @param problem what is wrong
     * @param since when it was first seen without having been away
     */
    public record LiveProblem(@JsonUnwrapped Problem problem, Instant since) {}

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
