package dev.warmlane.tools.simulator;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/**
 * Renders request bodies to the text that the model sees, a {@link Prompt}: {@code <|role|>\ncontent\n} for each message, then the role of the
 * response. The text of a conversation is a prefix of the text of its next turn.
 */
final class ChatTemplate {
    private static final String ATTRIBUTION = "x-anthropic-billing-header";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private ChatTemplate() {}

    /** {@code /v1/chat/completions}: {@code tools} and {@code messages}. */
    static byte[] chat(JsonNode body) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        template.turns(body.path("messages"));
        return template.assistant();
    }

    /** {@code /v1/messages}: {@code tools}, {@code system} without blocks that the release takes out, and {@code messages}. */
    static byte[] messages(JsonNode body, VllmVersion version) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        if (body.has("system")) {
            template.header("system");
            JsonNode system = body.get("system");
            if (system.isArray() && version.isSince(18)) {
                system.valueStream()
                        .filter(block -> !block.path("text").asString("").startsWith(ATTRIBUTION))
                        .forEach(block -> template.write(block.path("text").asString(block.toString())));
            } else {
                template.content(system);
            }
            template.write("\n");
        }
        template.turns(body.path("messages"));
        return template.assistant();
    }

    /** {@code /v1/responses}: {@code tools}, {@code instructions} and {@code input}. */
    static byte[] responses(JsonNode body) {
        ChatTemplate template = new ChatTemplate();
        template.tools(body);
        if (body.hasNonNull("instructions")) {
            template.turn("system", body.get("instructions"));
        }
        JsonNode input = body.path("input");
        if (input.isArray()) {
            template.turns(input);
        } else {
            template.turn("user", input);
        }
        return template.assistant();
    }

    /** A prompt or an embedding input: text, token ids, or a list of either, which counts as one text. */
    static byte[] plain(JsonNode prompt) {
        ChatTemplate template = new ChatTemplate();
        template.plainParts(prompt);
        return template.out.toByteArray();
    }

    private void plainParts(JsonNode prompt) {
        if (prompt.isNumber()) {
            int id = prompt.intValue(0);
            out.write(id >>> 24);
            out.write(id >>> 16);
            out.write(id >>> 8);
            out.write(id);
        } else if (prompt.isArray()) {
            prompt.forEach(this::plainParts);
        } else if (prompt.isString()) {
            write(prompt.stringValue());
        }
    }

    private void tools(JsonNode body) {
        if (body.path("tools").isArray() && !body.path("tools").isEmpty()) {
            turn("tools", body.get("tools"));
        }
    }

    private void turns(JsonNode messages) {
        for (JsonNode message : messages) {
            header(message.path("role").asString("user"));
            content(message.path("content"));
            if (message.hasNonNull("tool_calls")) {
                write(message.get("tool_calls").toString());
            }
            write("\n");
        }
    }

    private void turn(String role, JsonNode content) {
        header(role);
        content(content);
        write("\n");
    }

    private void header(String role) {
        write("<|" + role + "|>\n");
    }

    private void content(JsonNode content) {
        if (content.isString()) {
            write(content.stringValue());
        } else if (content.isArray()) {
            content.forEach(part ->
                    write(part.path("text").isString() ? part.get("text").stringValue() : part.toString()));
        } else if (!content.isNull() && !content.isMissingNode()) {
            write(content.toString());
        }
    }

    private byte[] assistant() {
        header("assistant");
        return out.toByteArray();
    }

    private void write(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The text that a model would see, tokenized at four bytes a token; the last token may be shorter. Immutable.
     */
    static final class Prompt {
        static final int TOKEN_BYTES = 4;

        private static final Hasher64 HASHER = Hashing.xxh3_64();

        private final byte[] text;
        private final long seed;

        /** @param scope what must be equal, beside the text, for two prompts to share blocks: adapter and cache salt */
        Prompt(byte[] text, String scope) {
            this.text = text;
            this.seed = HASHER.hashCharsToLong(scope);
        }

        /** At least 1: models put a token of their own before an empty text. */
        int tokens() {
            return Math.max(1, (text.length + TOKEN_BYTES - 1) / TOKEN_BYTES);
        }

        /** Equal for equal prompts, so that equal prompts get equal responses. */
        long fingerprint() {
            return HASHER.hashBytesToLong(text);
        }

        /** The chained hashes of every full block of this prompt with the response after it. */
        long[] blockHashes(String response, int blockSizeTokens) {
            byte[] suffix = response.getBytes(StandardCharsets.UTF_8);
            byte[] all = Arrays.copyOf(text, text.length + suffix.length);
            System.arraycopy(suffix, 0, all, text.length, suffix.length);
            int blockBytes = blockSizeTokens * TOKEN_BYTES;
            long[] hashes = new long[all.length / blockBytes];
            long parent = seed;
            for (int i = 0; i < hashes.length; i++) {
                parent = HASHER.hashLongLongToLong(parent, HASHER.hashBytesToLong(all, i * blockBytes, blockBytes));
                hashes[i] = parent;
            }
            return hashes;
        }

        /** The ids of the tokens: their bytes, big-endian. */
        long[] tokenIds() {
            long[] ids = new long[(text.length + TOKEN_BYTES - 1) / TOKEN_BYTES];
            for (int i = 0; i < text.length; i++) {
                ids[i / TOKEN_BYTES] = ids[i / TOKEN_BYTES] << 8 | (text[i] & 0xFF);
            }
            return ids;
        }

        /** The text of one token id; of ids that this tokenizer never gives, some text. */
        static byte[] tokenBytes(long id) {
            int length = TOKEN_BYTES;
            while (length > 1 && (id >>> (8 * (length - 1)) & 0xFF) == 0) {
                length--;
            }
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) (id >>> (8 * (length - 1 - i)));
            }
            return bytes;
        }
    }
}
