package dev.warmlane.engines.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.engines.models.ModelNames.Name;
import dev.warmlane.engines.models.ModelNames.Share;
import dev.warmlane.engines.models.ModelNames.Target;
import dev.warmlane.settings.ReloadedFile;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads a file of names for models: YAML with a list {@code names} of {@code name}, {@code targets} and optionally {@code
 * fallback} and {@code mirror}. A target is a model or another name, or a map of {@code model}, {@code pool} and {@code weight}.
 */
public final class ModelNamesFile {
    private static final Duration MIRROR_TIMEOUT = Duration.ofMinutes(1);
    private static final int MIRRORED = 8;

    private final Set<String> pools;

    /** @param pools the names of all pools */
    public ModelNamesFile(Set<String> pools) {
        this.pools = Set.copyOf(pools);
    }

    /**
     * Reads a whole file.
     *
     * @param served by model, the pool that serves it: no name may be that of a model
     * @throws IllegalArgumentException if it is not as described, or a name cannot be followed, saying which
     */
    public ModelNames parse(byte[] content, Map<String, String> served) {
        Object root;
        try {
            root = new Yaml(new SafeConstructor(new LoaderOptions())).load(new String(content, UTF_8));
        } catch (YAMLException e) {
            throw ReloadedFile.notYaml(e, "a list `names`");
        }
        if (!(root instanceof Map<?, ?> map) || map.size() != 1 || !(map.get("names") instanceof List<?> list)) {
            throw new IllegalArgumentException("names: missing, or not the only key (expected: a list `names`)");
        }
        List<Name> names = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String key = "names[%d]".formatted(i);
            Name name = name(key, map(key, list.get(i), Set.of("name", "targets", "fallback", "mirror")));
            String pool = served.get(name.name());
            if (pool != null) {
                throw wrong(key + ".name", name.name(), "a name that is no model of pool " + pool);
            }
            names.add(name);
        }
        ModelNames all = new ModelNames(names);
        for (Name name : names) {
            if (name.mirror() != null && all.find(name.mirror().target().model()) != null) {
                throw wrong(
                        "mirror of " + name.name(), name.mirror().target().model(), "a model, or a model and a pool");
            }
        }
        return all;
    }

    private Name name(String key, Map<?, ?> entry) {
        String name = text(key + ".name", entry.get("name"));
        List<Share> targets = shares(key + ".targets", entry.get("targets"));
        Set<Target> known = new HashSet<>();
        for (Share share : targets) {
            if (!known.add(share.target())) {
                throw wrong(key + ".targets", share.target(), "each once");
            }
        }
        List<Target> fallback = new ArrayList<>();
        Object given = entry.get("fallback");
        for (Object each : given == null ? List.of() : list(given)) {
            Target target = target(key + ".fallback", each, Set.of("model", "pool"));
            if (target.model().equals(name)) {
                throw wrong(key + ".fallback", name, "another than itself");
            }
            if (targets.size() == 1 && known.contains(target)) {
                throw wrong(key + ".fallback", target, "another than its target");
            }
            fallback.add(target);
        }
        Object mirror = entry.get("mirror");
        return new Name(name, targets, fallback, mirror == null ? null : mirror(key + ".mirror", mirror));
    }

    private List<Share> shares(String key, @Nullable Object value) {
        List<Share> shares = new ArrayList<>();
        double sum = 0;
        for (Object each : value == null ? List.of() : list(value)) {
            Target target = target(key, each, Set.of("model", "pool", "weight"));
            double weight = each instanceof Map<?, ?> map ? number(key + ".weight", map.get("weight"), 1, 1e9) : 1;
            shares.add(new Share(target, weight));
            sum += weight;
        }
        if (shares.isEmpty()) {
            throw wrong(key, "none", "a model, or a list of them");
        }
        if (sum == 0) {
            throw wrong(key, "weights that sum to 0", "a weight above 0");
        }
        return shares;
    }

    private Mirror mirror(String key, Object value) {
        Map<?, ?> map = map(key, value, Set.of("model", "pool", "percent", "max-in-flight", "timeout"));
        return new Mirror(
                target(key, value, map.keySet()),
                number(key + ".percent", map.get("percent"), 100, 100) / 100,
                (int) number(key + ".max-in-flight", map.get("max-in-flight"), MIRRORED, 10_000),
                duration(key + ".timeout", map.get("timeout")));
    }

    private Target target(String key, @Nullable Object value, Set<?> fields) {
        if (!(value instanceof Map<?, ?>)) {
            return new Target(text(key, value), null);
        }
        Map<?, ?> map = map(key, value, fields);
        Object pool = map.get("pool");
        if (pool != null && !(pool instanceof String known && pools.contains(known))) {
            throw wrong(
                    key + ".pool",
                    pool,
                    "one of " + String.join(", ", pools.stream().sorted().toList()));
        }
        return new Target(text(key + ".model", map.get("model")), (String) pool);
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> several ? several : List.of(value);
    }

    private static Map<?, ?> map(String key, @Nullable Object value, Set<?> fields) {
        if (!(value instanceof Map<?, ?> map)) {
            throw wrong(key, value, "a map");
        }
        for (Object field : map.keySet()) {
            if (!fields.contains(field)) {
                throw wrong(
                        key + "." + field,
                        "unknown",
                        "one of "
                                + String.join(
                                        ", ",
                                        fields.stream()
                                                .map(String::valueOf)
                                                .sorted()
                                                .toList()));
            }
        }
        return map;
    }

    private static String text(String key, @Nullable Object value) {
        if (value instanceof String text && !text.isBlank()) {
            return text;
        }
        throw wrong(key, value == null ? "missing" : value, "a text");
    }

    private static double number(String key, @Nullable Object value, double absent, double most) {
        if (value == null) {
            return absent;
        }
        if (value instanceof Number number && number.doubleValue() >= 0 && number.doubleValue() <= most) {
            return number.doubleValue();
        }
        throw wrong(key, value, "a number from 0 to %.0f".formatted(most));
    }

    private static Duration duration(String key, @Nullable Object value) {
        if (value == null) {
            return MIRROR_TIMEOUT;
        }
        try {
            Duration duration = Duration.parse("PT" + value);
            if (duration.toMillis() > 0) {
                return duration;
            }
        } catch (DateTimeParseException | ArithmeticException notOne) {
            // Told below, with durations that are none.
        }
        throw wrong(key, value, "a duration such as 60s");
    }

    private static IllegalArgumentException wrong(String key, @Nullable Object value, String expected) {
        // Not what is in it: with aliases in YAML that has no end.
        Object shown = value instanceof List<?> ? "a list" : value instanceof Map<?, ?> ? "a map" : value;
        return new IllegalArgumentException("%s: %s (expected: %s)".formatted(key, shown, expected));
    }
}
