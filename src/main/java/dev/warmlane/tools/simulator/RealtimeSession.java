package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.Base64;
import java.util.SplittableRandom;
import tools.jackson.databind.JsonNode;

/**
 * One WebSocket at {@code /v1/realtime}: transcribes audio as vLLM does, but for the words. Each chunk of audio that is appended
 * after a commit becomes one word at once. On the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write closes the connection, and the close ends the exchange.
final class RealtimeSession extends SimpleChannelInboundHandler<WebSocketFrame> {
    /** As vLLM's web server has it. */
    static final int MAX_FRAME_BYTES = 16 << 20;

    private static final int SAMPLE_BYTES = 2;

    private final HttpExchange exchange;
    private final LoadedModels models;
    private final Generation.Text words;
    private final String id;
    private final StringBuilder text = new StringBuilder();
    private boolean modelNamed;
    private boolean generating;
    private int waitingPieces;
    private int spoken;

    RealtimeSession(HttpExchange exchange, LoadedModels models, SplittableRandom random) {
        this.exchange = exchange;
        this.models = models;
        this.words = new Generation.Text(random.nextLong());
        this.id = "sess-%016x".formatted(random.nextLong());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        send(ctx, Json.of("type", "session.created", "id", id, "created", System.currentTimeMillis() / 1000));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame) {
            exchange.upgradeEnded();
            ctx.writeAndFlush(frame.retain());
            ctx.close();
        } else if (frame instanceof PingWebSocketFrame) {
            ctx.writeAndFlush(new PongWebSocketFrame(frame.content().retain()));
        } else if (frame instanceof TextWebSocketFrame message) {
            try {
                handle(ctx, HttpExchange.json(HttpExchange.utf8(message.text())));
            } catch (ApiException e) {
                fail(ctx, "Invalid JSON", "invalid_json");
            }
        }
    }

    private void handle(ChannelHandlerContext ctx, JsonNode event) {
        String type = event.path("type").asString("None");
        switch (type) {
            case "session.update" -> update(ctx, event);
            case "input_audio_buffer.append" -> append(ctx, event.path("audio").asString(""));
            case "input_audio_buffer.commit" -> commit(ctx, event.path("final").asBoolean(false));
            default -> fail(ctx, "Unknown event type: " + type, "unknown_event");
        }
    }

    private void update(ChannelHandlerContext ctx, JsonNode event) {
        if (!event.hasNonNull("model")) {
            fail(ctx, "Missing required field: model", "invalid_event");
            return;
        }
        try {
            models.named(event);
            modelNamed = true;
        } catch (ApiException e) {
            fail(ctx, String.valueOf(e.getMessage()), "model_not_found");
        }
    }

    private void append(ChannelHandlerContext ctx, String audio) {
        try {
            byte[] samples = Base64.getDecoder().decode(audio);
            if (samples.length < SAMPLE_BYTES || samples.length % SAMPLE_BYTES != 0) {
                throw new IllegalArgumentException("no samples");
            }
        } catch (IllegalArgumentException e) {
            fail(ctx, "Invalid audio data", "invalid_audio");
            return;
        }
        waitingPieces++;
        speak(ctx);
    }

    private void commit(ChannelHandlerContext ctx, boolean last) {
        if (!modelNamed) {
            String message = "Model not validated. Make sure to validate the model by sending a session.update event.";
            fail(ctx, message, "model_not_validated");
        } else if (!last) {
            generating = true;
            speak(ctx);
        } else if (generating) {
            generating = false;
            Json usage = Json.of("prompt_tokens", spoken, "completion_tokens", spoken, "total_tokens", 2 * spoken);
            send(ctx, Json.of("type", "transcription.done", "text", text.toString(), "usage", usage));
            text.setLength(0);
            spoken = 0;
        }
    }

    private void speak(ChannelHandlerContext ctx) {
        for (; generating && waitingPieces > 0; waitingPieces--) {
            String word = words.word(spoken++);
            text.append(word);
            send(ctx, Json.of("type", "transcription.delta", "delta", word));
        }
    }

    private static void fail(ChannelHandlerContext ctx, String message, String code) {
        send(ctx, Json.of("type", "error", "error", message, "code", code));
    }

    private static void send(ChannelHandlerContext ctx, Json event) {
        ctx.writeAndFlush(new TextWebSocketFrame(event.toString()));
    }
}
