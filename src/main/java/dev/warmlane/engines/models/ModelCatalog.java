package dev.warmlane.engines.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.models.ModelNames.Name;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which pools serve which models, at one moment. A pool serves the models of its settings, or else those that any of its
 * endpoints lists; with neither, its models are unknown. In the order of the pools, and within a pool in that of its settings
 * or its endpoints' lists. Immutable.
 */
public final class ModelCatalog {
    private final Map<String, Set<String>> modelsByPool = new LinkedHashMap<>();
    private final Map<String, List<String>> poolsByModel = new LinkedHashMap<>();
    private final Map<String, String> cards = new LinkedHashMap<>();
    private final Map<String, Map<EndpointId, Set<String>>> listedByPool = new LinkedHashMap<>();
    private final Map<String, Set<String>> reportedByPool = new LinkedHashMap<>();
    private final Map<String, Set<String>> adaptersByPool = new LinkedHashMap<>();
    /** By pool and model, made when asked for; only of models that some endpoint lists. */
    private final Map<String, Map<String, Set<EndpointId>>> lackingByPool = new LinkedHashMap<>();

    private final byte[] json;

    /** @param pools in the order of the settings */
    public ModelCatalog(List<PoolModels> pools) {
        for (PoolModels pool : pools) {
            Map<String, String> reported = new LinkedHashMap<>();
            Map<EndpointId, Set<String>> listed = new LinkedHashMap<>();
            Set<String> adapters = new HashSet<>();
            pool.cards().forEach((endpoint, cards) -> {
                Set<String> names = new HashSet<>();
                for (ModelCard card : cards) {
                    reported.putIfAbsent(card.id(), card.json());
                    names.add(card.id());
                    if (card.adapter()) {
                        adapters.add(card.id());
                    }
                }
                listed.put(endpoint, names);
            });
            listedByPool.put(pool.pool(), listed);
            reportedByPool.put(pool.pool(), reported.keySet());
            adaptersByPool.put(pool.pool(), adapters);
            lackingByPool.put(pool.pool(), new ConcurrentHashMap<>());
            Set<String> models =
                    pool.configured().isEmpty() ? reported.keySet() : new LinkedHashSet<>(pool.configured());
            for (String model : models) {
                poolsByModel.computeIfAbsent(model, none -> new ArrayList<>(1)).add(pool.pool());
                String card = reported.get(model);
                if (card != null) {
                    cards.putIfAbsent(model, card);
                }
            }
            modelsByPool.put(pool.pool(), Collections.unmodifiableSet(models));
        }
        poolsByModel.replaceAll((model, serving) -> List.copyOf(serving));
        json = list(poolsByModel.keySet().stream().map(this::knownCard));
    }

    /** The models of a pool; empty while they are unknown. */
    public Set<String> models(String pool) {
        return modelsByPool.getOrDefault(pool, Set.of());
    }

    /** The models of all pools. */
    public Set<String> models() {
        return Collections.unmodifiableSet(poolsByModel.keySet());
    }

    /** The pools that are known to serve a model; a pool whose models are unknown is never among them. */
    public List<String> poolsServing(String model) {
        return poolsByModel.getOrDefault(model, List.of());
    }

    /**
     * The endpoints of a pool that do not list a model while another does. An endpoint that has listed nothing yet may have it,
     * and where none lists it, any may.
     */
    public Set<EndpointId> lacking(String pool, String model) {
        Map<EndpointId, Set<String>> listed = listedByPool.get(pool);
        Map<String, Set<EndpointId>> known = lackingByPool.get(pool);
        if (listed == null || known == null || !reported(pool, model)) {
            return Set.of();
        }
        return known.computeIfAbsent(model, name -> {
            Set<EndpointId> lacking = new HashSet<>();
            listed.forEach((endpoint, names) -> {
                if (!names.isEmpty() && !names.contains(name)) {
                    lacking.add(endpoint);
                }
            });
            return Set.copyOf(lacking);
        });
    }

    /** Whether an endpoint of the pool lists the model as an adapter of another. */
    public boolean isAdapter(String pool, String model) {
        return adaptersByPool.getOrDefault(pool, Set.of()).contains(model);
    }

    /** Whether any endpoint of the pool lists the model. */
    public boolean reported(String pool, String model) {
        return reportedByPool.getOrDefault(pool, Set.of()).contains(model);
    }

    /** How many endpoints of the pool may have the model: they list it, or have listed nothing yet. */
    int holders(String pool, String model) {
        return listedByPool.getOrDefault(pool, Map.of()).size()
                - lacking(pool, model).size();
    }

    /**
     * The response to {@code GET /v1/models}: each model once, with the first card that an endpoint gave, or else a card with
     * its name alone.
     *
     * @return a copy of the UTF-8 bytes
     */
    public byte[] toJson() {
        return json.clone();
    }

    /** The response to {@code GET /v1/models} with these cards. */
    static byte[] list(Stream<String> cards) {
        return cards.collect(joining(",", "{\"object\":\"list\",\"data\":[", "]}"))
                .getBytes(UTF_8);
    }

    /** The card of a model as JSON; null if nobody serves it. */
    @Nullable
    String card(String model) {
        return poolsByModel.containsKey(model) ? knownCard(model) : null;
    }

    private String knownCard(String model) {
        String card = cards.get(model);
        return card == null ? minimalCard(model) : card;
    }

    private static String minimalCard(String model) {
        return "{\"id\":%s,\"object\":\"model\",\"created\":0,\"owned_by\":\"warmlane\"}"
                .formatted(JsonMapper.shared().writeValueAsString(model));
    }

    /**
     * What is known of the models of one pool.
     *
     * @param pool the pool's name
     * @param configured the models that it is set to serve; empty: those that its endpoints list
     * @param cards what each of its endpoints lists, empty where it has not, in the order of the endpoints
     */
    public record PoolModels(String pool, List<String> configured, Map<EndpointId, List<ModelCard>> cards) {
        public PoolModels {
            configured = List.copyOf(configured);
            cards = Collections.unmodifiableMap(new LinkedHashMap<>(cards));
        }
    }

    /**
     * What clients are told of models and of the names for them, as vLLM's {@code /v1/models} does. The card of a name is that of the
     * first of its models that is served, with the name as its id, that model as its {@code root}, and all of its {@code targets}.
     */
    public static final class ModelList {
        private final ModelCatalog catalog;
        private final ModelNames names;
        private final Predicate<String> allowed;

        /** @param allowed which models and names the client may use */
        public ModelList(ModelCatalog catalog, ModelNames names, Predicate<String> allowed) {
            this.catalog = catalog;
            this.names = names;
            this.allowed = allowed;
        }

        /** All of them, as UTF-8. */
        public byte[] all() {
            Stream<String> models = catalog.models().stream()
                    .filter(model -> names.find(model) == null)
                    .map(this::card);
            Stream<String> cards = Stream.concat(models, names.all().stream().map(name -> card(name.name())));
            return ModelCatalog.list(cards.filter(Objects::nonNull));
        }

        /** One of them, as UTF-8; null if there is no such model, or none for this client. */
        public byte @Nullable [] one(String id) {
            String card = card(id);
            return card == null ? null : card.getBytes(UTF_8);
        }

        private @Nullable String card(String id) {
            if (!allowed.test(id)) {
                return null;
            }
            Name name = names.find(id);
            return name == null ? catalog.card(id) : card(name);
        }

        private @Nullable String card(Name name) {
            String root = names.models(name).stream()
                    .filter(allowed)
                    .filter(model -> catalog.card(model) != null)
                    .findFirst()
                    .orElse(null);
            if (root == null) {
                return null;
            }
            JsonNode served = JsonMapper.shared().readTree(catalog.card(root));
            ObjectNode card = JsonMapper.shared().createObjectNode();
            card.put("id", name.name());
            served.properties().forEach(each -> card.putIfAbsent(each.getKey(), each.getValue()));
            card.put("root", root);
            ArrayNode targets = card.putArray("targets");
            name.targets()
                    .forEach(share -> targets.addObject()
                            .put("model", share.target().model())
                            .put("weight", share.weight()));
            ArrayNode fallback = card.putArray("fallback");
            name.fallback().forEach(target -> fallback.add(target.model()));
            return card.toString();
        }
    }
}
