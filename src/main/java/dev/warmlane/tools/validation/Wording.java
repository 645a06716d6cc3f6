package dev.warmlane.tools.validation;

import java.util.Random;

/** Texts of about so many tokens: common words of three letters, each one token with its space, four bytes. */
final class Wording {
    private static final String[] WORDS =
            ("the and for are but not you all any can had her was one our out day get has him "
                            + "his how man new now old see two way who boy did its let put say she too use air arm art ask bad bag "
                            + "bed big bit box bus buy car cat cup cut dog dry ear eat egg end eye far few fly fun")
                    .split(" ");

    private Wording() {}

    /** @param seed equal seeds say the same, different ones differ from the first words on */
    static String of(int tokens, String seed) {
        Random random = new Random(seed.hashCode());
        StringBuilder text = new StringBuilder(tokens * 4);
        for (int i = 0; i < tokens; i++) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        return text.toString();
    }
}
