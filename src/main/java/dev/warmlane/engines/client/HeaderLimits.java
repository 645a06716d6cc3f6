package dev.warmlane.engines.client;

/**
 * How many headers a response of an engine may have; one with more fails.
 *
 * @param bytes of all of them together
 * @param count of lines, trailers included
 */
public record HeaderLimits(int bytes, int count) {
    /** What the gateway's settings are by default. */
    public static final HeaderLimits DEFAULT = new HeaderLimits(64 << 10, 128);
}
