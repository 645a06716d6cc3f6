package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import org.jspecify.annotations.Nullable;

/**
 * What the engine says a request took, in tokens. Immutable.
 *
 * @param promptTokens tokens of the prompt, the cached ones included
 * @param completionTokens generated tokens
 * @param cachedTokens tokens of the prompt that came from the prefix cache; null where the engine does not say, which may
 *     also mean none
 */
public record Usage(
        int promptTokens, int completionTokens, @Nullable Integer cachedTokens) {

    private enum Field {
        PROMPT_TOKENS,
        COMPLETION_TOKENS,
        PROMPT_TOKENS_DETAILS,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        INPUT_TOKENS_DETAILS,
        CACHE_READ_INPUT_TOKENS,
        CACHE_CREATION_INPUT_TOKENS
    }

    private enum Detail {
        CACHED_TOKENS
    }

    private static final FieldNames<Field> FIELDS = new FieldNames<>(Field.values());
    private static final FieldNames<Detail> DETAILS = new FieldNames<>(Detail.values());
    private static final KeySearch USAGE = new KeySearch("usage");
    /** Objects named usage that are looked into; more cannot come of an engine that works. */
    private static final int ATTEMPTS = 4;

    /**
     * The last usage that a response reports: a JSON body or the events of a stream, whole or only the tail, of chat,
     * completions, responses, embeddings or Anthropic messages. Never throws; garbage reports nothing.
     *
     * @return null if the response reports none
     */
    public static @Nullable Usage lastIn(byte[] response, int offset, int length) {
        int end = offset + length;
        int before = end;
        for (int attempts = 0; attempts < ATTEMPTS; ) {
            int value = USAGE.last(response, offset, before);
            if (value == KeySearch.NONE) {
                return null;
            }
            if (response[value] == '{') {
                attempts++;
                Usage usage = readLeniently(new JsonScanner(response, value, end - value));
                if (usage != null) {
                    return usage;
                }
            }
            before = value;
        }
        return null;
    }

    private static @Nullable Usage readLeniently(JsonScanner scanner) {
        try {
            return read(scanner);
        } catch (MalformedJsonException garbage) {
            return null;
        }
    }

    private static @Nullable Usage read(JsonScanner scanner) {
        Integer prompt = null;
        Integer completion = null;
        Integer cached = null;
        long beside = 0;
        scanner.enterObject();
        while (scanner.nextMember()) {
            Field field = FIELDS.find(scanner);
            if (field == null) {
                scanner.skipValue();
                continue;
            }
            switch (field) {
                case PROMPT_TOKENS, INPUT_TOKENS -> prompt = scanner.readInteger();
                case COMPLETION_TOKENS, OUTPUT_TOKENS -> completion = scanner.readInteger();
                case PROMPT_TOKENS_DETAILS, INPUT_TOKENS_DETAILS -> cached = cachedTokens(scanner);
                case CACHE_READ_INPUT_TOKENS -> {
                    cached = scanner.readInteger();
                    beside += orZero(cached);
                }
                case CACHE_CREATION_INPUT_TOKENS -> beside += orZero(scanner.readInteger());
            }
        }
        if (prompt == null || prompt < 0 || beside < 0 || orZero(completion) < 0 || orZero(cached) < 0) {
            return null;
        }
        // Anthropic's input_tokens leave out what these two count.
        long tokens = prompt + beside;
        return tokens > Integer.MAX_VALUE || orZero(cached) > tokens
                ? null
                : new Usage((int) tokens, orZero(completion), cached);
    }

    private static @Nullable Integer cachedTokens(JsonScanner scanner) {
        if (scanner.peek() != '{') {
            scanner.skipValue();
            return null;
        }
        Integer cached = null;
        scanner.enterObject();
        while (scanner.nextMember()) {
            if (DETAILS.find(scanner) == Detail.CACHED_TOKENS) {
                cached = scanner.readInteger();
            } else {
                scanner.skipValue();
            }
        }
        return cached;
    }

    private static int orZero(@Nullable Integer number) {
        return number == null ? 0 : number;
    }
}
