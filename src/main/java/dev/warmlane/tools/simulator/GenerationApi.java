package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ChatFormat.CompletionFormat;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The APIs that generate text: where each keeps its prompt and the asked length, and how it puts a response on the wire. */
enum GenerationApi {
    CHAT("/v1/chat/completions", "messages"),
    COMPLETIONS("/v1/completions", "prompt"),
    RESPONSES("/v1/responses", "input"),
    MESSAGES("/v1/messages", "messages");

    private final String path;
    private final String promptField;

    GenerationApi(String path, String promptField) {
        this.path = path;
        this.promptField = promptField;
    }

    String path() {
        return path;
    }

    String promptField() {
        return promptField;
    }

    /** The fields that may hold the asked length, the one that wins first. */
    List<String> lengthFields() {
        return switch (this) {
            case CHAT -> List.of("max_completion_tokens", "max_tokens");
            case COMPLETIONS, MESSAGES -> List.of("max_tokens");
            case RESPONSES -> List.of("max_output_tokens");
        };
    }

    /** The text that the model sees. */
    byte[] render(JsonNode body, VllmVersion version) {
        return switch (this) {
            case CHAT -> ChatTemplate.chat(body);
            case COMPLETIONS -> ChatTemplate.plain(body.path(promptField));
            case RESPONSES -> ChatTemplate.responses(body);
            case MESSAGES -> ChatTemplate.messages(body, version);
        };
    }

    /** What keeps the prompt's blocks apart from those of others. */
    String salt(JsonNode body, VllmVersion version) {
        boolean reads = this != MESSAGES || version.isSince(29);
        return reads ? body.path("cache_salt").asString("") : "";
    }

    ResponseFormat format(VllmVersion version) {
        return switch (this) {
            case CHAT -> new ChatFormat(version);
            case COMPLETIONS -> new CompletionFormat(version);
            case RESPONSES -> new ResponsesFormat();
            case MESSAGES -> new MessagesFormat();
        };
    }

    /** Anthropic's Messages API as vLLM speaks it, in its main shape: one block of text. */
    private static final class MessagesFormat implements ResponseFormat {
        @Override
        public String whole(Head head, String text, String finishReason, Usage usage) {
            return message(head, List.of(Json.of("type", "text", "text", text)), stopReason(finishReason))
                    .and("usage", usage(usage))
                    .toString();
        }

        @Override
        public String begin(Head head, int promptTokens) {
            Json message = message(head, List.of(), null)
                    .and("usage", Json.of("input_tokens", promptTokens, "output_tokens", 0));
            Json block = Json.of("index", 0, "content_block", Json.of("type", "text", "text", ""));
            return event("message_start", Json.of("message", message)) + event("content_block_start", block);
        }

        @Override
        public String token(Head head, String text, @Nullable String finishReason) {
            Json delta = Json.of("type", "text_delta", "text", text);
            return event("content_block_delta", Json.of("index", 0, "delta", delta));
        }

        @Override
        public String end(Head head, String text, String finishReason, Usage usage) {
            Json delta = Json.of("stop_reason", stopReason(finishReason), "stop_sequence", null);
            return event("content_block_stop", Json.of("index", 0))
                    + event("message_delta", Json.of("delta", delta, "usage", usage(usage)))
                    + event("message_stop", Json.of());
        }

        private static String event(String type, Json fields) {
            return Json.of("type", type).and(fields).event(type);
        }

        private static Json message(Head head, List<Json> content, @Nullable String stopReason) {
            return Json.of("id", "chatcmpl-" + head.requestId(), "type", "message", "role", "assistant")
                    .and("content", content, "model", head.model(), "stop_reason", stopReason, "stop_sequence", null);
        }

        private static @Nullable String stopReason(String finishReason) {
            return switch (finishReason) {
                case "length" -> "max_tokens";
                case "abort" -> null;
                default -> "end_turn";
            };
        }

        /** Cached tokens are counted apart from the others. */
        private static Json usage(Usage usage) {
            Integer cached = usage.cached();
            int rest = usage.prompt() - (cached == null ? 0 : cached);
            Json counts = Json.of("input_tokens", rest, "output_tokens", usage.completion());
            return cached == null ? counts : counts.and("cache_read_input_tokens", cached);
        }
    }

    /** The Responses API, in its main shape: one message of text. */
    private static final class ResponsesFormat implements ResponseFormat {
        private int sequenceNumber;

        @Override
        public String whole(Head head, String text, String finishReason, Usage usage) {
            return response(head, text, finishReason, usage).toString();
        }

        @Override
        public String begin(Head head, int promptTokens) {
            return event("response.created", Json.of("response", response(head, null, "", null)))
                    + event("response.in_progress", Json.of("response", response(head, null, "", null)))
                    + event("response.output_item.added", inOutput().and("item", message(head, "in_progress", null)))
                    + event("response.content_part.added", inContent(head).and("part", part("")));
        }

        @Override
        public String token(Head head, String text, @Nullable String finishReason) {
            return event("response.output_text.delta", inContent(head).and("delta", text, "logprobs", List.of()));
        }

        @Override
        public String end(Head head, String text, String finishReason, Usage usage) {
            String last = isCut(finishReason) ? "response.incomplete" : "response.completed";
            return event("response.output_text.done", inContent(head).and("text", text, "logprobs", List.of()))
                    + event("response.content_part.done", inContent(head).and("part", part(text)))
                    + event("response.output_item.done", inOutput().and("item", message(head, "completed", text)))
                    + event(last, Json.of("response", response(head, text, finishReason, usage)));
        }

        /** What was aborted counts as complete. */
        private static boolean isCut(String finishReason) {
            return finishReason.equals("length");
        }

        private String event(String type, Json fields) {
            return fields.and("sequence_number", sequenceNumber++, "type", type).event(type);
        }

        private static Json inOutput() {
            return Json.of("output_index", 0);
        }

        private static Json inContent(Head head) {
            return inOutput().and("content_index", 0, "item_id", "msg_" + head.requestId());
        }

        private static Json part(String text) {
            return Json.of("annotations", List.of(), "text", text, "type", "output_text", "logprobs", null);
        }

        private static Json message(Head head, String status, @Nullable String text) {
            return Json.of("id", "msg_" + head.requestId())
                    .and("content", text == null ? List.of() : List.of(part(text)))
                    .and("role", "assistant", "status", status, "type", "message");
        }

        /** Without text: a response in progress. */
        private static Json response(Head head, @Nullable String text, String finishReason, @Nullable Usage usage) {
            boolean cut = text != null && isCut(finishReason);
            return Json.of("id", "resp_" + head.requestId(), "created_at", head.createdSeconds())
                    .and("incomplete_details", cut ? Json.of("reason", "max_output_tokens") : null)
                    .and("instructions", null, "metadata", null, "model", head.model(), "object", "response")
                    .and("output", text == null ? List.of() : List.of(message(head, "completed", text)))
                    .and("parallel_tool_calls", true, "tool_choice", "auto")
                    .and("status", text == null ? "in_progress" : cut ? "incomplete" : "completed")
                    .and("usage", usage == null ? null : usage(usage));
        }

        private static Json usage(Usage usage) {
            int cached = usage.cached() == null ? 0 : usage.cached();
            return Json.of("input_tokens", usage.prompt(), "input_tokens_details", Json.of("cached_tokens", cached))
                    .and("output_tokens", usage.completion(), "output_tokens_details", Json.of("reasoning_tokens", 0))
                    .and("total_tokens", usage.prompt() + usage.completion());
        }
    }
}
