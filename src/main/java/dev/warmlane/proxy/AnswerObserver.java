package dev.warmlane.proxy;

import dev.warmlane.routing.Delivery;
import dev.warmlane.routing.Dispatch;
import dev.warmlane.vllm.Usage;
import io.netty.buffer.ByteBuf;

/** Watches one answer go by: its first byte, its end, and the usage that it reports there. Not thread-safe. */
final class AnswerObserver {
    private final Dispatch dispatch;
    private final Timeline timeline;
    private final AnswerTail tail = new AnswerTail();

    private final Runnable onFirstByte;
    private boolean begun;

    AnswerObserver(Dispatch dispatch, Timeline timeline, Runnable onFirstByte) {
        this.dispatch = dispatch;
        this.timeline = timeline;
        this.onFirstByte = onFirstByte;
    }

    /** Notes a piece without consuming it. */
    void accept(ByteBuf piece) {
        timeline.piece();
        if (!begun) {
            begun = true;
            dispatch.firstByte();
            onFirstByte.run();
        }
        tail.accept(piece);
    }

    /** The answer is all here: what it reports is learned, and the endpoint's load returned before the client reads it. */
    void complete() {
        Usage usage = tail.usage();
        if (usage != null) {
            Integer cached = usage.cachedTokens();
            Delivery delivery = new Delivery(
                    usage.promptTokens(), usage.completionTokens(), cached == null ? null : cached.longValue());
            timeline.delivered(delivery);
            dispatch.delivered(delivery);
        }
        dispatch.close();
    }
}
