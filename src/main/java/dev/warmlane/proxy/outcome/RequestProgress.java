package dev.warmlane.proxy.outcome;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import dev.warmlane.proxy.outcome.RequestProgress.LoggedRequest;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How far a request has come in its pool and when, and what its response reported. Written by whoever serves the request, read at
 * its end; which may be on another thread if the client left.
 */
public final class RequestProgress {
    /** Has not happened. */
    public static final long NEVER = -1;

    private final AffinityKey key;
    private final @Nullable LoggedRequest logged;
    private final long startedNanos;
    /** Of the time since the body, what was spent at the endpoints of an earlier model, or in their queue. */
    private final long elsewhereNanos;

    private volatile @Nullable RoutingDecision decision;
    private volatile List<FailedAttempt> failed;
    private volatile int retries;
    private volatile long overheadNanos = NEVER;
    private volatile long firstByteNanos = NEVER;
    private volatile long attemptStartedNanos;
    private volatile long attemptEndedNanos = NEVER;
    private volatile int chunks;
    private volatile long lastChunkNanos;
    private volatile @Nullable Timer gaps;
    private volatile @Nullable UsageReport usage;
    private volatile boolean inChunks;
    private volatile boolean lastEvent;
    private volatile boolean complete;
    private volatile boolean brokenOff;
    private volatile boolean outOfMemory;
    private volatile boolean givenUp;

    /**
     * A request that was sent nowhere yet.
     *
     * @param key what ties it to an endpoint
     * @param logged null where there is no access log
     * @param startedNanos when its body was read, on the clock of {@link System#nanoTime}
     */
    public RequestProgress(AffinityKey key, @Nullable LoggedRequest logged, long startedNanos) {
        this(key, logged, startedNanos, 0, List.of());
    }

    private RequestProgress(
            AffinityKey key,
            @Nullable LoggedRequest logged,
            long startedNanos,
            long elsewhereNanos,
            List<FailedAttempt> failed) {
        this.key = key;
        this.logged = logged;
        this.startedNanos = startedNanos;
        this.elsewhereNanos = elsewhereNanos;
        this.failed = failed;
    }

    /** The same request for the next model that can serve it: the attempts for this one, which no endpoint took, remain its own. */
    public RequestProgress next(AffinityKey nextKey, @Nullable LoggedRequest nextLogged) {
        long elsewhere = overheadNanos == NEVER ? elsewhereNanos : ageNanos() - overheadNanos;
        RequestProgress next = new RequestProgress(nextKey, nextLogged, startedNanos, elsewhere, failed);
        next.retries = retries;
        return next;
    }

    /** The gateway's own time is over: the request goes to its first endpoint, or waits for one. Returns that time in nanoseconds. */
    public long dispatched() {
        overheadNanos = ageNanos() - elsewhereNanos;
        return overheadNanos;
    }

    /**
     * The request goes to this endpoint.
     *
     * @return why the one before did not take it, if this is a retry; else null
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // One endpoint after the other.
    public @Nullable String routed(RoutingDecision to) {
        decision = to;
        if (failed.isEmpty()) {
            return null;
        }
        retries++;
        return failed.get(failed.size() - 1).cause();
    }

    /** An attempt at an endpoint begins; nothing has come of its response. */
    public void attempting() {
        attemptStartedNanos = ageNanos();
        attemptEndedNanos = NEVER;
        inChunks = false;
        gaps = null;
    }

    /** The attempt has failed; where the request goes next may take a while. */
    public void attemptFailed() {
        attemptEndedNanos = ageNanos();
    }

    /** An endpoint has not taken the request. One after the other. */
    public void left(String endpoint, String cause) {
        List<FailedAttempt> all = new ArrayList<>(failed);
        long ended = attemptEndedNanos == NEVER ? ageNanos() : attemptEndedNanos;
        all.add(new FailedAttempt(endpoint, cause, attemptStartedNanos, ended));
        failed = List.copyOf(all);
    }

    /** The last endpoint has not taken the request either. */
    public void givenUp(String endpoint, String cause) {
        left(endpoint, cause);
        givenUp = true;
    }

    /**
     * An endpoint that did not take the request.
     *
     * @param cause the label of its failure
     * @param startedNanos from the body
     * @param endedNanos from the body
     */
    record FailedAttempt(String endpoint, String cause, long startedNanos, long endedNanos) {}

    /** The response is written in chunks as they come, not whole. */
    public void inChunks() {
        inChunks = true;
    }

    boolean isInChunks() {
        return inChunks;
    }

    /** The response is a stream: what passes between two of its chunks is recorded. */
    public void streams(Timer chunkGaps) {
        gaps = chunkGaps;
    }

    /** Whether the response is a stream that brings tokens. */
    boolean isStream() {
        return gaps != null;
    }

    /** A chunk of the response goes to the client. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // One chunk after the other.
    public void chunk() {
        long now = System.nanoTime();
        Timer recorder = gaps;
        if (chunks++ == 0) {
            firstByteNanos = now - startedNanos;
        } else if (recorder != null) {
            recorder.record(now - lastChunkNanos, TimeUnit.NANOSECONDS);
        }
        lastChunkNanos = now;
    }

    /** The response has reported what it took. */
    public void reported(UsageReport report) {
        usage = report;
    }

    /** The event that ends a stream goes to the client. The endpoint's response may end a moment later. */
    public void lastEvent() {
        lastEvent = true;
    }

    /** The endpoint's response has ended as it should. */
    public void complete() {
        complete = true;
    }

    /** The endpoint's response broke off after it had begun, or ended with an error. */
    public void brokeOff() {
        brokenOff = true;
    }

    boolean isBrokenOff() {
        return brokenOff;
    }

    /** The response broke off because the gateway has no memory for the rest. */
    public void outOfMemory() {
        outOfMemory = true;
        brokeOff();
    }

    boolean isOutOfMemory() {
        return outOfMemory;
    }

    /**
     * Whether a connection that closes now leaves the client with a whole stream. Once the endpoint's response has ended, the
     * request ends with its last write, so what closes then closes on something unwritten.
     */
    boolean isLastEventOut() {
        return lastEvent && !complete;
    }

    AffinityKey key() {
        return key;
    }

    /** What the access log keeps of the body; null where there is no access log. */
    @Nullable
    LoggedRequest logged() {
        return logged;
    }

    /** The decision that counts, or the last one that did; null before the first. */
    @Nullable
    RoutingDecision decision() {
        return decision;
    }

    /** How often it went to another endpoint after one did not take it. */
    int retries() {
        return retries;
    }

    /** The attempts that failed, in order, at most one for each endpoint; of most requests none. */
    List<FailedAttempt> failed() {
        return failed;
    }

    /** Whether the last attempt is one that failed: no endpoint took the request. */
    boolean isGivenUp() {
        return givenUp;
    }

    /** From the body to the beginning of the last attempt. */
    long attemptStartedNanos() {
        return attemptStartedNanos;
    }

    /** From the body until now. */
    long ageNanos() {
        return System.nanoTime() - startedNanos;
    }

    /** From the body to the first dispatch, or to the queue, without the attempts for earlier models. */
    long overheadNanos() {
        return overheadNanos;
    }

    /** From the body to the first byte of the response. */
    public long firstByteNanos() {
        return firstByteNanos;
    }

    /** Chunks of the response so far; of a stream, about one for each token. */
    int chunks() {
        return chunks;
    }

    /** What the response reported, or null. */
    @Nullable
    UsageReport usage() {
        return usage;
    }

    /**
     * What the access log keeps of a request's body, which is gone when its line is written.
     *
     * @param prompt null where there is none that could be kept warm
     * @param promptTokens a first estimate of its length; 0 where there is none
     */
    public record LoggedRequest(@Nullable LoggedPrompt prompt, long promptTokens) {
        /** What a token is taken for where no policy has read the prompt and learned better. */
        private static final int BYTES_PER_TOKEN = 4;

        /**
         * Reads the prompt, unless the policy has.
         *
         * @param affinity whether the request's route says that prompts are worth keeping warm
         */
        public static LoggedRequest of(RoutingRequest request, RequestBody body, boolean affinity) {
            PromptBlocks known = request.prompt();
            PromptBlocks prompt = known.bytes() == 0 && affinity ? body.promptIfReadable() : known;
            if (prompt.bytes() == 0) {
                return new LoggedRequest(null, 0);
            }
            return new LoggedRequest(LoggedPrompt.of(prompt), Math.max(1, prompt.bytes() / BYTES_PER_TOKEN));
        }
    }
}
