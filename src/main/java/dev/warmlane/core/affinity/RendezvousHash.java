package dev.warmlane.core.affinity;

import dev.warmlane.core.endpoint.EndpointId;

/**
 * Highest-random-weight hashing: every key orders all endpoints by weight, and an endpoint that comes or goes moves only
 * the keys for which it is the heaviest. Stateless, so replicas agree.
 *
 * <p>Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking
 * 6(1), 1998; the mixer is MurmurHash3's 64-bit finalizer.
 */
public final class RendezvousHash {
    private RendezvousHash() {}

    /** The weight of an endpoint for a key, uniform over all longs; compare as signed. */
    public static long weight(long keyHash, EndpointId endpoint) {
        return mix(mix(keyHash) ^ endpoint.hash());
    }

    /**
     * The weight of one of several things that are to get keys in proportion to something: the heaviest gets the key, and a change of
     * its part moves only keys that it gains or loses (Schindelhauer and Schomaker, "Weighted distributed hash tables", SPAA
     * 2005).
     *
     * @param part its part, at least 0
     * @return at least 0; 0 for no part
     */
    public static double weight(long keyHash, long itemHash, double part) {
        // In the middle of each of 2^53 steps, so that it is never 0 or 1.
        double uniform = ((mix(mix(keyHash) ^ itemHash) >>> 11) + 0.5) * 0x1.0p-53;
        return part / -Math.log(uniform);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
        z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return z ^ (z >>> 33);
    }
}
