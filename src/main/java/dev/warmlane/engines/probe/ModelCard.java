package dev.warmlane.engines.probe;

/**
 * One model in an answer to {@code GET /v1/models}. Immutable.
 *
 * @param id what requests name it by
 * @param json the whole card as one JSON object
 */
public record ModelCard(String id, String json) {}
