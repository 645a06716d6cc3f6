package dev.warmlane.engines.probe;

/**
 * One model in an answer to {@code GET /v1/models}. Immutable.
 *
 * @param id what requests name it by
 * @param adapter whether it is one of another model
 * @param json the whole card as one JSON object
 */
public record ModelCard(String id, boolean adapter, String json) {}
