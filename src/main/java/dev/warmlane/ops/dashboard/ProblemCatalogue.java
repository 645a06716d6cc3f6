package dev.warmlane.ops.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
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
            List<String> causes,
            List<String> look,
            List<String> actions) {
        public Entry {
            follows = List.copyOf(Objects.requireNonNullElse(follows, List.of()));
        }
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
}
