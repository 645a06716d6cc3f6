package dev.warmlane.tools.simulator;

import java.util.List;

/**
 * The models that a server answers to.
 *
 * @param base the model it has loaded; also the response to a request that names none
 * @param loras adapters of the base model
 * @param maxModelLen tokens that a prompt and its response may have together; at least 2
 */
public record ServedModels(String base, List<String> loras, int maxModelLen) {

    public ServedModels {
        loras = List.copyOf(loras);
        if (base.isBlank()) {
            throw new IllegalArgumentException("model: blank (expected: a name)");
        }
        if (maxModelLen < 2) {
            throw new IllegalArgumentException("max model len: %d (expected: >= 2 tokens)".formatted(maxModelLen));
        }
    }

    boolean serves(String model) {
        return model.equals(base) || loras.contains(model);
    }
}
