package dev.warmlane.core.routing;

/**
 * How long decode endpoints of a pool take to fetch the KV blocks of a token, learned from the first tokens that follow a transfer.
 * The logarithm is averaged, with a memory of some sixteen transfers; an expectation that comes with the question counts as much as
 * eight of them, and what was learned stays within 32 times of it. Safe for concurrent use; reading takes no lock.
 */
public final class TransferSpeed {
    /** Of any transfer: two more messages between engines, and on average half a step until the blocks are looked for. */
    private static final double FIXED_SECONDS = 0.010;

    /** Less takes too short to tell it from what else goes on at an endpoint. */
    private static final long LEAST_TOKENS = 2048;

    private static final double WEIGHT = 1.0 / 16;
    private static final double DOUBT = 8;
    private static final double MOST_OFF = Math.log(32);

    /** What is known, replaced as a whole. */
    private record Known(double log, int samples) {}

    private volatile Known known = new Known(0, 0);

    /**
     * Seconds that fetching so many tokens takes.
     *
     * @param expectedPerToken seconds for each, from what the network is said to carry; above 0
     */
    public double seconds(long tokens, double expectedPerToken) {
        return FIXED_SECONDS + tokens * perToken(expectedPerToken);
    }

    private double perToken(double expected) {
        Known now = known;
        if (now.samples == 0) {
            return expected;
        }
        double off = (now.log - Math.log(expected)) * now.samples / (now.samples + DOUBT);
        return expected * Math.exp(Math.max(-MOST_OFF, Math.min(MOST_OFF, off)));
    }

    /**
     * A transfer was followed by a first token.
     *
     * @param tokens that were fetched
     * @param seconds from when they could be, less what else the endpoint had to do
     */
    synchronized void learn(long tokens, double seconds) {
        if (tokens < LEAST_TOKENS) {
            return;
        }
        double sample = Math.log(Math.max(1e-9, (seconds - FIXED_SECONDS) / tokens));
        int samples = Math.min(1000, known.samples + 1);
        double weight = Math.max(WEIGHT, 1.0 / samples);
        // Before an average there is nothing to bound a sample by.
        double off = samples == 1 ? sample - known.log : Math.max(-1, Math.min(1, sample - known.log));
        known = new Known(known.log + weight * off, samples);
    }
}
