package dev.warmlane.proxy;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.UsageReport;
import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.ResponseTail;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Watches one response go by and tells the dispatch: that it was taken, its first byte, its end, and the usage that it reports
 * there. Not thread-safe.
 */
final class ResponseObserver {
    private final Dispatch dispatch;
    private final RoutedExchange routed;
    private final int status;
    private final boolean generates;
    private final Runnable onTaken;
    private final Runnable onFirstByte;
    private final FailureLog log;
    private final @Nullable TokenCharge charge;
    private final ResponseTail tail = new ResponseTail();
    private boolean taken;
    private boolean aborted;
    private boolean begun;
    private int heldBytes;

    /**
     * @param status of the response
     * @param onTaken runs once, before anything of the response goes to the client
     */
    ResponseObserver(
            Dispatch dispatch,
            RoutedExchange routed,
            int status,
            Runnable onTaken,
            Runnable onFirstByte,
            FailureLog log) {
        this.dispatch = dispatch;
        this.routed = routed;
        this.status = status;
        // A response that was stored, and is only asked for, may have been aborted long ago.
        this.generates = routed.body().length > 0;
        this.onTaken = onTaken;
        this.charge = status >= 400 ? null : routed.charge();
        this.onFirstByte = onFirstByte;
        this.log = log;
    }

    /** The client gets this response and no other, whatever comes of it. */
    void taken() {
        if (taken) {
            return;
        }
        take();
        if (status >= 400) {
            dispatch.refused(status);
        } else {
            dispatch.accepted();
        }
    }

    /** The client gets this response although the engine aborted it before its first token: no other endpoint may be asked. */
    void abortTaken() {
        take();
        aborted = true;
        dispatch.failed(FailureCause.ABORT);
    }

    private void take() {
        taken = true;
        routed.returnPermit();
        onTaken.run();
    }

    /** Notes a chunk of a stream without consuming it; the client does not get it yet. Says what is known of the rest. */
    StreamStart hold(ByteBuf piece) {
        heldBytes += piece.readableBytes();
        tail.accept(piece);
        return generates ? tail.streamStart() : StreamStart.BEGUN;
    }

    /** Notes a whole body without consuming it; the client does not get it yet. Says whether it has no token by an abort. */
    boolean holdWhole(ByteBuf body) {
        heldBytes += body.readableBytes();
        tail.accept(body);
        return status < 400 && generates && tail.isZeroTokenAbort();
    }

    /** What was held back goes to the client. */
    void release() {
        routed.timeline().piece();
        if (!begun) {
            begun = true;
            taken();
            dispatch.firstByte();
            onFirstByte.run();
            answered(heldBytes);
        }
    }

    /** Notes a piece that goes to the client without consuming it. */
    void accept(ByteBuf piece) {
        release();
        answered(piece.readableBytes());
        tail.accept(piece);
    }

    private void answered(int bytes) {
        if (charge != null) {
            charge.answered(bytes);
        }
    }

    /** The response is all here: what it reports is learned, and the endpoint's load returned before the client reads it. */
    void complete() {
        taken();
        Usage usage = aborted ? null : tail.usage();
        if (usage != null) {
            if (charge != null) {
                charge.used((long) usage.promptTokens() + usage.completionTokens());
            }
            Integer cached = usage.cachedTokens();
            UsageReport delivery = new UsageReport(
                    usage.promptTokens(), usage.completionTokens(), cached == null ? null : cached.longValue());
            routed.timeline().delivered(delivery);
            dispatch.delivered(delivery);
        } else if (!aborted && status < 400) {
            dispatch.unreported();
        }
        dispatch.close();
    }

    /** The response broke off after the client had got part of it. Returns what a client that can still be told is told. */
    ApiException brokeOff(Throwable failure) {
        routed.brokeOff();
        EngineFailure why = UpstreamFailure.of(failure);
        dispatch.brokeOff(why.cause());
        log.note(dispatch.endpoint().name(), "response broke off", why.reason());
        return UpstreamFailure.toApi(failure, dispatch.endpoint());
    }
}
