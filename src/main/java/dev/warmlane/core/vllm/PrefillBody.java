package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.vllm.GenerationRequest.Splice;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A generation request as the two legs of vLLM's NixlConnector get it. The prefill leg computes the prompt and one token, and its
 * response says where the KV blocks are; the decode leg has that verbatim. Nothing else of a body changes, and nothing of it is copied.
 */
public final class PrefillBody {
    private static final String DO_REMOTE_DECODE = "{\"do_remote_decode\":true,\"do_remote_prefill\":false,"
            + "\"remote_engine_id\":null,\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}";

    private static final String TRANSFER = "\"kv_transfer_params\":";

    /** Members that are replaced, each however often it comes. */
    private static final int MAX_SPLICES = 64;

    private static final FieldNames<Field> FIELDS = new FieldNames<>(Field.values());

    private final int afterBrace;
    private final String inserted;
    private final List<Splice> splices;

    private PrefillBody(int afterBrace, String inserted, List<Splice> splices) {
        this.afterBrace = afterBrace;
        this.inserted = inserted;
        this.splices = splices;
    }

    /** The APIs whose requests and responses carry {@code kv_transfer_params}. */
    public enum Api {
        CHAT("/v1/chat/completions"),
        COMPLETIONS("/v1/completions"),
        RESPONSES("/v1/responses"),
        MESSAGES("/v1/messages");

        private final String path;

        Api(String path) {
            this.path = path;
        }

        /** The members that may hold the asked length. */
        private List<Field> lengths() {
            return switch (this) {
                case CHAT -> List.of(Field.MAX_TOKENS, Field.MAX_COMPLETION_TOKENS);
                case COMPLETIONS, MESSAGES -> List.of(Field.MAX_TOKENS);
                case RESPONSES -> List.of(Field.MAX_OUTPUT_TOKENS);
            };
        }

        /** The API of a path; null if it has none of them. */
        public static @Nullable Api ofPath(String path) {
            for (Api api : values()) {
                if (api.path.equals(path)) {
                    return api;
                }
            }
            return null;
        }
    }

    /** Why a request cannot be two legs. */
    public enum Obstacle {
        /** It has several prompts or wants several responses. */
        SEVERAL,
        BEAM_SEARCH,
        PROMPT_LOGPROBS,
        /** It says itself what is transferred, or runs in the background of one engine, or cannot be read. */
        API
    }

    private enum Field {
        STREAM,
        STREAM_OPTIONS,
        MAX_TOKENS,
        MAX_COMPLETION_TOKENS,
        MAX_OUTPUT_TOKENS,
        MIN_TOKENS,
        N,
        BEST_OF,
        USE_BEAM_SEARCH,
        PROMPT_LOGPROBS,
        ECHO,
        LOGPROBS,
        PROMPT,
        BACKGROUND,
        STORE,
        KV_TRANSFER_PARAMS
    }

    /** What keeps the request in one piece; null if nothing does. */
    public static @Nullable Obstacle obstacle(byte[] body) {
        try {
            return obstacle(new JsonScanner(body));
        } catch (MalformedJsonException notForUs) {
            return Obstacle.API;
        }
    }

    private static @Nullable Obstacle obstacle(JsonScanner scanner) {
        boolean several = false;
        boolean beamSearch = false;
        boolean promptLogprobs = false;
        boolean tied = false;
        boolean echo = false;
        boolean logprobs = false;
        scanner.enterObject();
        while (scanner.nextMember()) {
            Field field = FIELDS.find(scanner);
            byte first = scanner.peek();
            if (field == Field.PROMPT && first == '[') {
                several |= isSeveral(scanner);
                continue;
            }
            if (field == Field.N || field == Field.BEST_OF) {
                Integer count = scanner.readInteger();
                several |= count != null && count > 1;
                continue;
            }
            scanner.skipValue();
            boolean given = first != 'n' && first != 'f';
            if (field == null || !given) {
                continue;
            }
            switch (field) {
                case USE_BEAM_SEARCH -> beamSearch = true;
                case PROMPT_LOGPROBS -> promptLogprobs = true;
                case ECHO -> echo = true;
                case LOGPROBS -> logprobs = true;
                case BACKGROUND, KV_TRANSFER_PARAMS -> tied = true;
                default -> {}
            }
        }
        scanner.expectEnd();
        if (tied) {
            return Obstacle.API;
        }
        if (several) {
            return Obstacle.SEVERAL;
        }
        if (beamSearch) {
            return Obstacle.BEAM_SEARCH;
        }
        return promptLogprobs || (echo && logprobs) ? Obstacle.PROMPT_LOGPROBS : null;
    }

    /** Whether a list of prompts has several; one of token ids is one prompt. */
    private static boolean isSeveral(JsonScanner scanner) {
        int prompts = 0;
        scanner.enterArray();
        while (scanner.nextElement()) {
            byte first = scanner.peek();
            prompts += first == '"' || first == '[' ? 1 : 0;
            scanner.skipValue();
        }
        return prompts > 1;
    }

    /**
     * What the prefill leg changes.
     *
     * @throws MalformedJsonException if the body is not a JSON object, or repeats members more often than anybody would
     */
    public static PrefillBody of(byte[] body, Api api) {
        JsonScanner scanner = new JsonScanner(body);
        List<Splice> splices = new ArrayList<>(4);
        List<Field> absent = new ArrayList<>(api.lengths());
        absent.add(Field.STREAM);
        if (api == Api.RESPONSES) {
            absent.add(Field.STORE);
        }
        scanner.enterObject();
        int afterBrace = scanner.position();
        while (scanner.nextMember()) {
            Field field = FIELDS.find(scanner);
            byte first = scanner.peek();
            scanner.skipValue();
            String text = field == null || (first == 'n' && field == Field.MIN_TOKENS) ? null : replacement(field, api);
            if (text != null) {
                if (splices.size() == MAX_SPLICES) {
                    throw scanner.malformed("at most " + MAX_SPLICES + " members of these names");
                }
                splices.add(Splice.ofValue(scanner, text));
                absent.remove(field);
            }
        }
        scanner.expectEnd();
        StringBuilder inserted =
                new StringBuilder(TRANSFER).append(DO_REMOTE_DECODE).append(',');
        for (Field field : absent) {
            inserted.append('"')
                    .append(field.name().toLowerCase(Locale.ROOT))
                    .append("\":")
                    .append(replacement(field, api))
                    .append(',');
        }
        return new PrefillBody(afterBrace, inserted.toString(), splices);
    }

    private static @Nullable String replacement(Field field, Api api) {
        return switch (field) {
            case STREAM -> "false";
            case STREAM_OPTIONS -> "null";
            case MIN_TOKENS -> "0";
            case STORE -> api == Api.RESPONSES ? "false" : null;
            case MAX_TOKENS, MAX_COMPLETION_TOKENS, MAX_OUTPUT_TOKENS ->
                api.lengths().contains(field) ? "1" : null;
            default -> null;
        };
    }

    /** The body of the prefill leg, in pieces that share the bytes of the body it was made of. */
    public ByteBuffer[] pieces(byte[] body) {
        List<ByteBuffer> pieces = new ArrayList<>(2 * splices.size() + 3);
        pieces.add(ByteBuffer.wrap(body, 0, afterBrace));
        pieces.add(ascii(inserted));
        int from = afterBrace;
        for (Splice splice : splices) {
            pieces.add(ByteBuffer.wrap(body, from, splice.start() - from));
            pieces.add(ascii(splice.text()));
            from = splice.end();
        }
        pieces.add(ByteBuffer.wrap(body, from, body.length - from));
        return pieces.toArray(new ByteBuffer[0]);
    }

    /** The body of the decode leg, in pieces too; what it was made of is a JSON object with members. */
    public static ByteBuffer[] decodePieces(byte[] body, Transfer transfer) {
        int afterBrace = 0;
        while (body[afterBrace++] != '{') {
            // White space.
        }
        return new ByteBuffer[] {
            ByteBuffer.wrap(body, 0, afterBrace),
            ascii(TRANSFER),
            ByteBuffer.wrap(transfer.params()),
            ascii(","),
            ByteBuffer.wrap(body, afterBrace, body.length - afterBrace)
        };
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }
}
