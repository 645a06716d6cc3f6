package dev.warmlane.proxy;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.proxy.access.TokenCharge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of one realtime session as they pass: which model the client names, and which usage the engine reports. Each side's
 * come one after the other.
 */
final class RealtimeEvents {
    /** What ends the type of an event that may report usage, and where in the event that is. */
    private static final String DONE = ".done\"";

    private static final int TYPE_BYTES = 128;

    /** The type of the event that names a model. */
    private static final String UPDATE = "session.update";

    private static final int LONGEST_UPDATE_BYTES = 16 << 10;

    private final RoutedExchange routed;
    private final Dispatch dispatch;
    private final @Nullable TokenCharge charge;
    private int promptTokens;
    private int completionTokens;

    RealtimeEvents(RoutedExchange routed, Dispatch dispatch) {
        this.routed = routed;
        this.dispatch = dispatch;
        this.charge = routed.charge();
    }

    /** What goes to the engine for a frame of the client's: itself, but that models have the names that the engine knows. */
    WebSocketFrame ofClient(WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (!(frame instanceof TextWebSocketFrame)
                || !frame.isFinalFragment()
                || content.readableBytes() > LONGEST_UPDATE_BYTES
                || !content.toString(StandardCharsets.ISO_8859_1).contains(UPDATE)) {
            return frame.retain();
        }
        byte[] event = ByteBufUtil.getBytes(content);
        try {
            String model = GenerationRequest.parse(event).model();
            String known = model == null ? null : routed.modelSaid(model);
            return known == null || known.equals(model)
                    ? frame.retain()
                    : frame.replace(Unpooled.wrappedBuffer(GenerationRequest.withModel(event, known)));
        } catch (MalformedJsonException forTheEngineToRefuse) {
            return frame.retain();
        }
    }

    /** What goes to the client for a frame of the engine's: itself. Notes what it says. */
    WebSocketFrame ofEngine(WebSocketFrame frame) {
        dispatch.heard();
        if (charge != null) {
            charge.responded(frame.content().readableBytes());
        }
        if (frame instanceof TextWebSocketFrame && frame.isFinalFragment() && isDone(frame)) {
            byte[] event = ByteBufUtil.getBytes(frame.content());
            Usage usage = Usage.lastIn(event, 0, event.length);
            if (usage != null) {
                report(usage);
            }
        }
        return frame.retain();
    }

    private static boolean isDone(WebSocketFrame frame) {
        ByteBuf event = frame.content();
        int length = Math.min(TYPE_BYTES, event.readableBytes());
        return event.toString(event.readerIndex(), length, StandardCharsets.ISO_8859_1)
                .contains(DONE);
    }

    private void report(Usage usage) {
        promptTokens += usage.promptTokens();
        completionTokens += usage.completionTokens();
        if (charge != null) {
            charge.used((long) promptTokens + completionTokens);
        }
        routed.progress().reported(new UsageReport(promptTokens, completionTokens, null));
    }
}
