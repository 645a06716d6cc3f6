package dev.warmlane.tools.simulator;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The text that a model would see, tokenized at four bytes a token; the last token may be shorter. Immutable.
 */
final class Prompt {
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
