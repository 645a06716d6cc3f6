package dev.warmlane.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** What an engine means by an error response: the status alone does not tell whether another engine should be asked. */
final class EngineRefusal {
    /** Of vLLM's QueueOverflowError and MaxQueuedTokensError (vllm/exceptions.py, 0.33), both 503. */
    private static final ByteBuf QUEUE_FULL = text("on a different instance");

    /** What Python says once a process has been told to end: 500 from vLLM 0.26. */
    private static final ByteBuf ENDING = text("after shutdown");

    /** Of vLLM's "The model `...` does not exist." */
    private static final ByteBuf NO_MODEL = text("` does not exist");

    /** Of vLLM's "data_parallel_rank 1 is out of range [0, 1)." (vllm/v1/engine/input_processor.py, 0.33). */
    private static final ByteBuf NO_RANK = text("data_parallel_rank ");

    private EngineRefusal() {}

    /**
     * Why another endpoint should be asked.
     *
     * @param status of the response, 404 or 500 to 599
     * @param body of the response; may be cut short
     * @return null if the status and the body give no reason
     */
    static @Nullable FailureCause of(int status, ByteBuf body) {
        if (status == 404) {
            return ByteBufUtil.indexOf(NO_MODEL, body) >= 0 ? FailureCause.NO_MODEL : null;
        }
        if (status == 503 && ByteBufUtil.indexOf(QUEUE_FULL, body) >= 0) {
            return FailureCause.FULL;
        }
        boolean ends = status == 500 && ByteBufUtil.indexOf(ENDING, body) >= 0;
        return ends || FailureCause.isUnavailable(status) ? FailureCause.UNAVAILABLE : null;
    }

    /** Whether the body of a 400 says that the server does not have the rank that it was sent to. */
    static boolean isOfRank(ByteBuf body) {
        return ByteBufUtil.indexOf(NO_RANK, body) >= 0;
    }

    private static ByteBuf text(String ascii) {
        return Unpooled.unreleasableBuffer(
                Unpooled.copiedBuffer(ascii, US_ASCII).asReadOnly());
    }
}
