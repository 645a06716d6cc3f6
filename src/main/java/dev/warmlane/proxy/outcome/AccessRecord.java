package dev.warmlane.proxy.outcome;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One request that is over, and its line in the access log. What is null is not known, and left out of the line.
 *
 * @param epochMillis when it came, in milliseconds since 1970
 * @param requestId the id that the client and the engine know it by
 * @param end how it ended
 * @param received what came of it; null if its head could not be read
 */
public record AccessRecord(
        long epochMillis,
        String requestId,
        End end,
        @Nullable Received received) {

    /**
     * How a request ended for its client.
     *
     * @param result the class of the status, such as 2xx, or cancelled or failed
     * @param status the status that the client got; null where it left before
     * @param error the code of the error that the gateway responded with; null where there is none
     */
    public record End(
            String result,
            @Nullable Integer status,
            @Nullable String error) {}

    /**
     * A request whose head could be read.
     *
     * @param client the name of its key or group; null where nobody is asked who they are
     * @param route the route that it matched
     * @param pool the pool that it was for
     * @param model the model as the client named it
     * @param servedModel the model that served it, where that has another name
     * @param traceId the trace that it is part of; null where spans are sent nowhere
     * @param prompt null where the request has no prompt that could be kept warm
     * @param key what tied it to an endpoint; the line tells sessions and addresses apart, and no more
     * @param routing where it went; null if it was refused before
     * @param response what came back
     * @param durationNanos from its headers to the end of its response
     */
    public record Received(
            @Nullable String client,
            @Nullable String route,
            @Nullable String pool,
            @Nullable String model,
            @Nullable String servedModel,
            @Nullable String traceId,
            @Nullable LoggedPrompt prompt,
            @Nullable AffinityKey key,
            @Nullable Routing routing,
            Response response,
            long durationNanos) {}

    /**
     * Where a request went in the end.
     *
     * @param endpoint the endpoint's name
     * @param keySource the key that decided
     * @param outcome what that did to the affinity
     * @param failed endpoints that did not take it, in order
     * @param retries how often it went to another endpoint
     * @param predictedTokens prompt tokens that the endpoint was predicted to hold
     * @param overheadNanos the gateway's own time, from the body to the dispatch
     */
    public record Routing(
            String endpoint,
            String keySource,
            String outcome,
            List<Failed> failed,
            int retries,
            long predictedTokens,
            long overheadNanos) {}

    /**
     * An attempt that failed.
     *
     * @param endpoint the endpoint's name
     * @param cause as the label of {@code warmlane_retries_total}
     */
    public record Failed(String endpoint, String cause) {}

    /**
     * What came back for a request.
     *
     * @param promptTokens as reported, else as estimated
     * @param outputTokens as reported, else the chunks of the stream
     * @param cachedTokens prompt tokens that came from the endpoint's cache, as reported
     * @param firstByteNanos from the body to the first byte of the response
     */
    public record Response(
            @Nullable Long promptTokens,
            @Nullable Long outputTokens,
            @Nullable Long cachedTokens,
            @Nullable Long firstByteNanos) {

        /** Nothing is known. */
        public static final Response NONE = new Response(null, null, null, null);
    }

    /**
     * What the log keeps of a prompt: its length, and where it parts from others, in steps of {@value #BLOCK_BYTES} bytes, about
     * the 512 tokens of the public traces' blocks. Immutable.
     */
    public static final class LoggedPrompt {
        /** Bytes of canonical prompt for each hash of a line. */
        public static final int BLOCK_BYTES = 2048;

        /** Hashes in a line at most: 1 MB of prompt. */
        public static final int MAX_HASHES = 512;

        private final long bytes;
        private final long[] hashes;

        private LoggedPrompt(long bytes, long[] hashes) {
            this.bytes = bytes;
            this.hashes = hashes;
        }

        /** @param prompt in blocks of a size that divides {@link #BLOCK_BYTES} */
        public static LoggedPrompt of(PromptBlocks prompt) {
            int step = BLOCK_BYTES / prompt.blockSizeBytes();
            long[] hashes = new long[Math.min(MAX_HASHES, prompt.length() / step)];
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = prompt.hash((i + 1) * step - 1);
            }
            return new LoggedPrompt(prompt.bytes(), hashes);
        }

        /** Length of the canonical prompt. */
        long bytes() {
            return bytes;
        }

        /** Passes the chained hashes on, first block first. */
        void forEachHash(LongConsumer action) {
            for (long hash : hashes) {
                action.accept(hash);
            }
        }
    }
}
