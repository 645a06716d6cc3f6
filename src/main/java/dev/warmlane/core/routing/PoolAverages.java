package dev.warmlane.core.routing;

import dev.warmlane.core.prefix.reuse.ToldUse;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's responses have taught so far: how many bytes of prompt make a token, and how many tokens a response has. Safe
 * for concurrent use.
 */
public final class PoolAverages {
    private static final double FIRST_BYTES_PER_TOKEN = 4;
    private static final double FIRST_PROMPT_TOKENS = 2000;
    private static final double FIRST_OUTPUT_TOKENS = 300;

    private final LearnedAverage bytesPerToken = new LearnedAverage(FIRST_BYTES_PER_TOKEN);
    private final LearnedAverage promptTokens = new LearnedAverage(FIRST_PROMPT_TOKENS);
    private final LearnedAverage outputTokens = new LearnedAverage(FIRST_OUTPUT_TOKENS);
    private final LearnedAverage newSessions = new LearnedAverage(1);

    /** Bytes of canonical prompt for one token, in [0.5, 64]. */
    public double bytesPerToken() {
        return bytesPerToken.value();
    }

    /** Tokens that a prompt is expected to have. */
    public double promptTokens() {
        return promptTokens.value();
    }

    /** Tokens that a response is expected to have. */
    public double outputTokens() {
        return outputTokens.value();
    }

    /** Requests that a session has on average, as far as can be told from how often one is the first; at least 1. */
    public double turns() {
        return 1 / newSessions.value();
    }

    /** Learns from a request that belongs to a session: whether it was its first. */
    void learnTurn(boolean first) {
        newSessions.learn(first ? 1 : 0);
    }

    /**
     * Takes over what another replica has learned, unless this one has learned something itself. Values out of range are left
     * out.
     *
     * @param otherTurns as of {@link #turns}; 0 where it does not say
     */
    public void adopt(
            double otherBytesPerToken, double otherPromptTokens, double otherOutputTokens, double otherTurns) {
        if (outputTokens.value() == FIRST_OUTPUT_TOKENS && promptTokens.value() == FIRST_PROMPT_TOKENS) {
            if (otherBytesPerToken >= ToldUse.LEAST_BYTES_PER_TOKEN
                    && otherBytesPerToken <= ToldUse.MOST_BYTES_PER_TOKEN) {
                bytesPerToken.set(otherBytesPerToken);
            }
            if (otherPromptTokens >= 1 && otherPromptTokens < Integer.MAX_VALUE) {
                promptTokens.set(otherPromptTokens);
            }
            if (otherOutputTokens >= 1 && otherOutputTokens < Integer.MAX_VALUE) {
                outputTokens.set(otherOutputTokens);
            }
            if (otherTurns >= 1 && otherTurns < Integer.MAX_VALUE) {
                newSessions.set(1 / otherTurns);
            }
        }
    }

    /** Learns from one response; a part that was not reported is less than 1. */
    void learn(long promptBytes, UsageReport usage) {
        if (promptBytes > 0 && usage.promptTokens() > 0) {
            double ratio = (double) promptBytes / usage.promptTokens();
            bytesPerToken.learn(Math.min(ToldUse.MOST_BYTES_PER_TOKEN, Math.max(ToldUse.LEAST_BYTES_PER_TOKEN, ratio)));
        }
        if (usage.promptTokens() > 0) {
            promptTokens.learn((double) usage.promptTokens());
        }
        if (usage.outputTokens() > 0) {
            outputTokens.learn((double) usage.outputTokens());
        }
    }

    /** An exponential moving average that any thread may feed; a new value counts for one part in fifty. */
    static final class LearnedAverage {
        private static final double WEIGHT = 1.0 / 50;

        private final AtomicLong bits;

        /** @param initial the value until anything is learned */
        LearnedAverage(double initial) {
            this.bits = new AtomicLong(Double.doubleToRawLongBits(initial));
        }

        double value() {
            return Double.longBitsToDouble(bits.get());
        }

        void set(double value) {
            bits.set(Double.doubleToRawLongBits(value));
        }

        void learn(double sample) {
            bits.updateAndGet(before -> {
                double average = Double.longBitsToDouble(before);
                return Double.doubleToRawLongBits(average + WEIGHT * (sample - average));
            });
        }
    }

    /**
     * What an endpoint reported of one response.
     *
     * @param promptTokens tokens of the prompt
     * @param outputTokens tokens generated
     * @param cachedTokens tokens of the prompt that came from its cache; null where it does not say
     */
    public record UsageReport(
            long promptTokens, long outputTokens, @Nullable Long cachedTokens) {}
}
