package dev.warmlane.ops.actuator;

import java.util.List;

/**
 * {@code GET /actuator/decisions}.
 *
 * @param decisions the last ones, newest first
 * @param delivery what each endpoint delivered of what was predicted
 */
public record DecisionsStatus(List<DecisionStatus> decisions, List<PredictionStatus> delivery) {}
