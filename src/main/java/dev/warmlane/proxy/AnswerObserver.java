package dev.warmlane.proxy;

import dev.warmlane.routing.Delivery;
import dev.warmlane.routing.Dispatch;
import dev.warmlane.vllm.Usage;
import io.netty.buffer.ByteBuf;

/**
 * Watches one answer go by and tells the dispatch: that it was taken, its first byte, its end, and the usage that it reports
 * there. Not thread-safe.
 */
final class AnswerObserver {
    private final Dispatch dispatch;
    private final RoutedExchange routed;
    private final int status;
    private final Runnable onFirstByte;
    private final FailureLog log;
    private final AnswerTail tail = new AnswerTail();
    private boolean taken;
    private boolean begun;

    AnswerObserver(Dispatch dispatch, RoutedExchange routed, int status, Runnable onFirstByte, FailureLog log) {
        this.dispatch = dispatch;
        this.routed = routed;
        this.status = status;
        this.onFirstByte = onFirstByte;
        this.log = log;
    }

    /** The client gets this answer and no other, whatever comes of it. */
    void taken() {
        if (taken) {
            return;
        }
        taken = true;
        routed.returnPermit();
        if (status >= 400) {
            dispatch.refused(status);
        } else {
            dispatch.accepted();
        }
    }

    /** Notes a piece without consuming it. */
    void accept(ByteBuf piece) {
        routed.timeline().piece();
        if (!begun) {
            begun = true;
            taken();
            dispatch.firstByte();
            onFirstByte.run();
        }
        tail.accept(piece);
    }

    /** The answer is all here: what it reports is learned, and the endpoint's load returned before the client reads it. */
    void complete() {
        taken();
        Usage usage = tail.usage();
        if (usage != null) {
            Integer cached = usage.cachedTokens();
            Delivery delivery = new Delivery(
                    usage.promptTokens(), usage.completionTokens(), cached == null ? null : cached.longValue());
            routed.timeline().delivered(delivery);
            dispatch.delivered(delivery);
        }
        dispatch.close();
    }

    /** The answer broke off after the client had got part of it. Returns what a client that can still be told is told. */
    ApiException brokeOff(Throwable failure) {
        routed.brokeOff();
        dispatch.brokeOff(UpstreamFailure.cause(failure));
        log.note(dispatch.endpoint().name(), "answer broke off", UpstreamFailure.reason(failure));
        return UpstreamFailure.toApi(failure, dispatch.endpoint());
    }
}
