package dev.warmlane.tools.replay;

/**
 * KV blocks on their way from prefill to decode endpoints. Each endpoint sends and receives over one network interface, one transfer
 * after the other. Used by one thread.
 */
final class Transfers {
    /** Of any transfer, besides what its bytes take: the messages by which engines agree on it. An assumption, not measured. */
    private static final double FIXED_NANOS = 5e6;

    private static final double BITS = 8;

    private final double nanosPerToken;

    /**
     * @param gbps what an interface carries, in 10^9 bits a second; above 0
     * @param kvBytesPerToken above 0
     */
    Transfers(double gbps, double kvBytesPerToken) {
        this.nanosPerToken = kvBytesPerToken * BITS / gbps;
    }

    /** How long it takes from now on until so many tokens have come, in nanoseconds. */
    long fetch(ReplayEndpoint from, ReplayEndpoint to, int tokens, long nowNanos) {
        long begin = Math.max(nowNanos, Math.max(from.interfaceFreeNanos, to.interfaceFreeNanos));
        long end = begin + Math.round(tokens * nanosPerToken);
        from.interfaceFreeNanos = end;
        to.interfaceFreeNanos = end;
        return end - nowNanos + Math.round(FIXED_NANOS);
    }
}
