package dev.warmlane.engines.models;

import dev.warmlane.engines.models.ModelNames.Name;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What clients are told of models and of the names for them, as vLLM's {@code /v1/models} does. The card of a name is that of the
 * first of its models that is served, with the name as its id, that model as its {@code root}, and all of its {@code targets}.
 */
public final class ModelList {
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
        return card == null ? null : card.getBytes(StandardCharsets.UTF_8);
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
                .forEach(share ->
                        targets.addObject().put("model", share.target().model()).put("weight", share.weight()));
        ArrayNode fallback = card.putArray("fallback");
        name.fallback().forEach(target -> fallback.add(target.model()));
        return card.toString();
    }
}
