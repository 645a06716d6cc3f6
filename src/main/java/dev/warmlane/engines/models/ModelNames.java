package dev.warmlane.engines.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.core.affinity.RendezvousHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names that clients can use in the place of a model's: each stands for one model or, by weight, for one of several, and for
 * others where that one cannot serve. What a name stands for can be a name again. Immutable.
 */
public final class ModelNames {
    /** No names: every model is called what its engines call it. */
    public static final ModelNames NONE = new ModelNames(List.of());

    private final Map<String, Name> names = new LinkedHashMap<>();

    /**
     * A model, or another name.
     *
     * @param pool the pool that is to serve it; null: whichever does
     */
    public record Target(String model, @Nullable String pool) {
        @Override
        public String toString() {
            return pool == null ? model : model + " of pool " + pool;
        }
    }

    /**
     * One of several targets.
     *
     * @param weight its part of the sum of all weights, at least 0
     */
    public record Share(Target target, double weight) {}

    /**
     * A second pool that is sent some requests as well, and whose responses nobody gets.
     *
     * @param share of the name's requests, from 0 to 1
     * @param maxInFlight such requests at a time at its pool
     * @param timeout after which one is cancelled
     */
    public record Mirror(Target target, double share, int maxInFlight, Duration timeout) {}

    /**
     * One name.
     *
     * @param targets at least one, with a weight above 0
     * @param fallback in this order, where the target cannot serve
     */
    public record Name(
            String name,
            List<Share> targets,
            List<Target> fallback,
            @Nullable Mirror mirror) {
        public Name {
            targets = List.copyOf(targets);
            fallback = List.copyOf(fallback);
        }

        /** All that it can stand for. */
        List<Target> all() {
            List<Target> all = new ArrayList<>(fallback);
            all.addAll(0, targets.stream().map(Share::target).toList());
            return all;
        }

        private List<Target> choose(@Nullable LongSupplier key) {
            if (targets.size() == 1 || key == null) {
                return targets.stream().map(Share::target).toList();
            }
            long hash = key.getAsLong();
            Share heaviest = targets.get(0);
            double most = -1;
            for (Share share : targets) {
                double weight = RendezvousHash.weight(hash, item(share), share.weight());
                if (weight > most) {
                    most = weight;
                    heaviest = share;
                }
            }
            return List.of(heaviest.target());
        }

        private long item(Share share) {
            return Hashing.xxh3_64().hashBytesToLong((name + '\n' + share.target()).getBytes(UTF_8));
        }
    }

    /**
     * A model that a name stands for.
     *
     * @param path the names that led to it, the client's first, and the model
     */
    public record Resolved(String model, @Nullable String pool, List<String> path) {
        public Resolved {
            path = List.copyOf(path);
        }
    }

    /** @throws IllegalArgumentException if a name leads to itself, or there are two of it */
    public ModelNames(List<Name> all) {
        for (Name name : all) {
            if (names.putIfAbsent(name.name(), name) != null) {
                throw new IllegalArgumentException(
                        "name: %s (expected: a name that no other has)".formatted(name.name()));
            }
        }
        Set<String> ended = new LinkedHashSet<>();
        all.forEach(name -> follow(name.name(), new LinkedHashSet<>(), ended));
    }

    private void follow(String model, Set<String> path, Set<String> ended) {
        Name name = names.get(model);
        if (name == null || ended.contains(model)) {
            return;
        }
        if (!path.add(model)) {
            throw new IllegalArgumentException(
                    "name: %s leads to itself: %s -> %s".formatted(model, String.join(" -> ", path), model));
        }
        name.all().forEach(target -> follow(target.model(), path, ended));
        path.remove(model);
        ended.add(model);
    }

    /** Whether there is no name. */
    public boolean isEmpty() {
        return names.isEmpty();
    }

    /** All, in the order of the settings. */
    public List<Name> all() {
        return List.copyOf(names.values());
    }

    /** The name; null if there is no such name. */
    public @Nullable Name find(@Nullable String name) {
        return name == null ? null : names.get(name);
    }

    /**
     * The models that a name stands for in one request, each once, in the order in which they are to serve it.
     *
     * @param key decides among weighted targets, the same in every process; asked only if there are some. Null: all of them may serve
     */
    public List<Resolved> resolve(Name name, @Nullable LongSupplier key) {
        Map<Target, Resolved> found = new LinkedHashMap<>();
        resolve(name, List.of(), null, key, found);
        return List.copyOf(found.values());
    }

    /** All models that a name can stand for. */
    public Set<String> models(Name name) {
        Set<String> models = new LinkedHashSet<>();
        for (Target target : name.all()) {
            Name further = names.get(target.model());
            if (further == null) {
                models.add(target.model());
            } else {
                models.addAll(models(further));
            }
        }
        return models;
    }

    private void resolve(
            Name name,
            List<String> before,
            @Nullable String pool,
            @Nullable LongSupplier key,
            Map<Target, Resolved> found) {
        List<String> path = new ArrayList<>(before);
        path.add(name.name());
        name.choose(key).forEach(target -> add(target, path, pool, key, found));
        name.fallback().forEach(target -> add(target, path, pool, key, found));
    }

    private void add(
            Target target,
            List<String> path,
            @Nullable String pool,
            @Nullable LongSupplier key,
            Map<Target, Resolved> found) {
        String where = target.pool() == null ? pool : target.pool();
        Name further = names.get(target.model());
        if (further != null) {
            resolve(further, path, where, key, found);
            return;
        }
        List<String> whole = new ArrayList<>(path);
        whole.add(target.model());
        found.putIfAbsent(new Target(target.model(), where), new Resolved(target.model(), where, whole));
    }
}
