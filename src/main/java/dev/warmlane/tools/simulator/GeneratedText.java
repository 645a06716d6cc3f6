package dev.warmlane.tools.simulator;

import com.dynatrace.hash4j.hashing.Hashing;

/** Text that a simulated model writes: words of four bytes, one a token, the same for the same prompt. */
final class GeneratedText {
    private static final String WORDS =
            "the sun has set and all our new old red sky can see far out you may ask why one two six ten big hot dry"
                    + " wet sea air day now how who yet too but not for her him its let own put ran run saw say she try use was way win yes";

    private final long seed;

    GeneratedText(long seed) {
        this.seed = seed;
    }

    /** The word of a token; four ASCII characters, the last a space. */
    String word(int index) {
        int words = (WORDS.length() + 1) / Prompt.TOKEN_BYTES;
        long hash = Hashing.xxh3_64().hashLongLongToLong(seed, index);
        int start = (int) Long.remainderUnsigned(hash, words) * Prompt.TOKEN_BYTES;
        return WORDS.substring(start, start + 3) + " ";
    }

    /** The first words. */
    String words(int count) {
        StringBuilder text = new StringBuilder(count * Prompt.TOKEN_BYTES);
        for (int i = 0; i < count; i++) {
            text.append(word(i));
        }
        return text.toString();
    }
}
