package dev.warmlane.engines.models;

import dev.warmlane.engines.probe.ModelCard;
import java.util.List;

/**
 * What is known of the models of one pool.
 *
 * @param pool the pool's name
 * @param configured the models it is set to serve; empty to take those that its endpoints list
 * @param cards what its endpoints list, one after the other; the same model may come up several times
 */
public record PoolModels(String pool, List<String> configured, List<ModelCard> cards) {
    public PoolModels {
        configured = List.copyOf(configured);
        cards = List.copyOf(cards);
    }
}
