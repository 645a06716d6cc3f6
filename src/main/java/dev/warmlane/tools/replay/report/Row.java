package dev.warmlane.tools.replay.report;

/**
 * One line of a report.
 *
 * @param load what was sent, with its speed
 * @param policy what routed it
 */
public record Row(String load, String policy, PolicyResult result) {}
