package dev.warmlane.proxy;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.vllm.ErrorEvent;
import dev.warmlane.core.vllm.ResponseIdReader;
import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.ResponseTail;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * Follows one response and reports to the dispatch and the request's progress: that it goes to the client, its first byte, that it
 * is an error, its usage report, its end. Not thread-safe.
 */
final class ResponseObserver {
    private final Dispatch dispatch;
    private final RoutedExchange routed;
    private final RequestProgress progress;
    private final int status;
    private final boolean generates;
    private final Runnable onCommit;
    private final Runnable onFirstByte;
    private final FailureLog log;
    private final @Nullable TokenCharge charge;
    private final ResponseTail tail;
    private final @Nullable ResponseIdReader idReader;
    private boolean committed;
    private boolean aborted;
    private boolean begun;
    private boolean isStream;
    private boolean reported;
    private StreamStart said = StreamStart.UNDECIDED;
    /** Whether the response is an error, although its status does not say so. */
    private boolean refused;

    private int heldBytes;

    /**
     * An observer of a response of which nothing has come but its head.
     *
     * @param status of the response
     * @param onCommit runs once, before anything of the response goes to the client
     * @param onFirstByte runs once, when the first byte of the body goes to the client
     */
    ResponseObserver(
            Dispatch dispatch,
            RoutedExchange routed,
            int status,
            Runnable onCommit,
            Runnable onFirstByte,
            FailureLog log) {
        this.dispatch = dispatch;
        this.routed = routed;
        this.progress = routed.progress();
        this.status = status;
        this.tail = new ResponseTail(routed.usageNeeded());
        // A response that was stored, and is only asked for, may have been aborted long ago.
        this.generates = routed.requestBody().bytes().length > 0;
        this.onCommit = onCommit;
        this.charge = status >= 400 ? null : routed.charge();
        this.idReader = status >= 400 || routed.responses() == null ? null : new ResponseIdReader();
        this.onFirstByte = onFirstByte;
        this.log = log;
    }

    /** The client gets this response and no other, whatever comes of it. */
    void commit() {
        if (committed) {
            return;
        }
        commitOnce();
        dispatch.responded(status);
        if (status >= 400) {
            dispatch.refused(status);
        } else {
            dispatch.accepted();
        }
    }

    /** The client gets this response although the engine aborted it before its first token: no other endpoint may be asked. */
    void commitAborted() {
        commitOnce();
        aborted = true;
        dispatch.failed(FailureCause.ABORT);
    }

    private void commitOnce() {
        committed = true;
        routed.attempts().returnPermit();
        onCommit.run();
    }

    /** Notes a chunk of a stream that the client does not get yet, without consuming it. Says what is known of the rest. */
    StreamStart hold(ByteBuf chunk) {
        heldBytes += chunk.readableBytes();
        note(chunk);
        said = start();
        return said;
    }

    private StreamStart start() {
        return generates ? tail.streamStart() : StreamStart.BEGUN;
    }

    /** Notes a whole body that the client does not get yet, without consuming it. Returns whether it is an abort without a token. */
    boolean holdWhole(ByteBuf body) {
        heldBytes += body.readableBytes();
        note(body);
        return status < 400 && generates && tail.isZeroTokenAbort();
    }

    /** What was held of a stream goes to the client. Comments are no first byte: the engine has not generated anything yet. */
    void releaseEvents() {
        if (tail.isSilent()) {
            heldBytes = 0;
            commit();
        } else {
            isStream = true;
            release();
        }
    }

    /** What was held goes to the client. */
    void release() {
        boolean first = !begun;
        if (first) {
            begun = true;
            refused = isStream && status < 400 && (said == StreamStart.FAILED || said == StreamStart.REFUSED);
        }
        if (!refused) {
            progress.chunk();
        }
        if (first) {
            begin();
        }
        learnOwner();
        if (!reported && tail.endsWithLastEvent()) {
            progress.lastEvent();
            learnUsage();
        }
    }

    private void begin() {
        if (refused) {
            // An engine whose core is dead answers so at once, and is not fast: as with a status that says it, nothing
            // is learned.
            refuse(said == StreamStart.FAILED ? 500 : 400);
            return;
        }
        commit();
        if (isStream && status < 400) {
            dispatch.firstToken();
        } else {
            dispatch.firstByte();
        }
        onFirstByte.run();
        charge(heldBytes);
    }

    private void refuse(int meant) {
        if (!committed) {
            commitOnce();
            dispatch.responded(status);
        }
        dispatch.refused(meant);
    }

    /** Notes a chunk of a stream that goes to the client, without consuming it. */
    void acceptEvents(ByteBuf chunk) {
        note(chunk);
        if (!tail.isSilent()) {
            if (!begun) {
                said = start();
            }
            isStream = true;
            release();
            charge(chunk.readableBytes());
        }
    }

    /** Notes a chunk that goes to the client, without consuming it. */
    void accept(ByteBuf chunk) {
        note(chunk);
        release();
        charge(chunk.readableBytes());
    }

    private void note(ByteBuf chunk) {
        dispatch.heard();
        tail.accept(chunk);
        if (idReader != null && idReader.wantedBytes() > 0) {
            int count = Math.min(chunk.readableBytes(), idReader.wantedBytes());
            idReader.accept(ByteBufUtil.getBytes(chunk, chunk.readerIndex(), count));
        }
    }

    /** Which endpoint made the response, for whoever names it later. */
    private void learnOwner() {
        StoredResponses responses = routed.responses();
        String id = idReader == null ? null : idReader.takeId();
        if (id != null && responses != null && !aborted && !refused) {
            responses.made(routed.pool().name(), id, dispatch.endpoint().id());
        }
    }

    private void charge(int bytes) {
        if (charge == null || refused) {
            return;
        }
        if (isStream) {
            charge.responded(bytes);
        } else {
            charge.respondedBody(bytes);
        }
    }

    /** The response is all here: its usage is learned, and the endpoint's load returned before the client reads the end. */
    void complete() {
        commit();
        progress.complete();
        if (!reported) {
            learnUsage();
        }
        dispatch.close();
    }

    private void learnUsage() {
        reported = true;
        if (isStream && status < 400 && tail.lastError() == ErrorEvent.OF_ENGINE) {
            progress.brokeOff();
            dispatch.endedInError();
        }
        Usage usage = aborted || refused ? null : tail.usage();
        if (usage != null) {
            if (charge != null) {
                charge.used((long) usage.promptTokens() + usage.completionTokens());
            }
            Integer cached = usage.cachedTokens();
            UsageReport report = new UsageReport(
                    usage.promptTokens(), usage.completionTokens(), cached == null ? null : cached.longValue());
            progress.reported(report);
            dispatch.delivered(report);
        } else if (!aborted && !refused && status < 400) {
            dispatch.unreported();
        }
    }

    /** The response broke off after part of it had gone to the client. Returns the error for a client that can still be told. */
    ApiException brokeOff(Throwable failure) {
        progress.brokeOff();
        EngineFailure why = UpstreamAttempt.failure(failure);
        dispatch.brokeOff(why.cause());
        log.note(dispatch.endpoint().name(), "response broke off", why.reason());
        return UpstreamAttempt.error(failure);
    }
}
