package dev.warmlane.proxy;

import dev.warmlane.core.vllm.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * A prompt that a prefill endpoint has computed, until another endpoint is told to fetch its blocks or {@link UnusedBlocks} has
 * them released. Safe for concurrent use.
 */
final class ComputedPrompt {
    private final Transfer transfer;
    private final long sinceNanos;
    private boolean handedOver;
    private boolean released;

    /** @param sinceNanos now, by {@link System#nanoTime} */
    ComputedPrompt(Transfer transfer, long sinceNanos) {
        this.transfer = transfer;
        this.sinceNanos = sinceNanos;
    }

    /** How its blocks are fetched. */
    Transfer transfer() {
        return transfer;
    }

    /** When it was there, by {@link System#nanoTime}. */
    long sinceNanos() {
        return sinceNanos;
    }

    /** How its blocks are fetched, for an endpoint that is told so now and will release them; null if they are released already. */
    synchronized @Nullable Transfer handOver() {
        handedOver = true;
        return released ? null : transfer;
    }

    /** Whether no endpoint was told of it. */
    synchronized boolean isUnused() {
        return !handedOver;
    }

    /** Gives one caller what to release if no endpoint was told of it; null if one was told, or another caller has it. */
    synchronized @Nullable Transfer takeUnused() {
        if (handedOver || released) {
            return null;
        }
        released = true;
        return transfer;
    }
}
