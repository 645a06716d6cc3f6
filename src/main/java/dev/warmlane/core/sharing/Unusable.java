package dev.warmlane.core.sharing;

/**
 * What was told and could not be used.
 *
 * @param messages that were malformed, or of a later version
 * @param records of a later version's kind
 * @param endpoints records that speak of an endpoint or pool that is unknown here
 * @param beginnings placements whose prompt's beginning was unknown here
 */
public record Unusable(long messages, long records, long endpoints, long beginnings) {}
