package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.ChatTemplate.Prompt;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PromptTest {

    @Property(tries = 200)
    void tokenIdsHoldTheWholeText(@ForAll @CharRange(from = ' ', to = '\uD7FF') String string) {
        byte[] text = HttpExchange.utf8(string);
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        for (long id : new Prompt(text, "").tokenIds()) {
            back.writeBytes(Prompt.tokenBytes(id));
        }
        assertThat(back.toByteArray()).isEqualTo(text);
    }

    @Property(tries = 200)
    void promptsShareExactlyTheBlocksBeforeTheirFirstDifference(
            @ForAll @IntRange(min = 1, max = 400) int length, @ForAll @IntRange(max = 399) int position) {
        byte[] text = new byte[length];
        byte[] other = text.clone();
        int changed = position % length;
        other[changed] = 1;
        long[] hashes = new Prompt(text, "s").blockHashes("", 4);
        long[] otherHashes = new Prompt(other, "s").blockHashes("", 4);
        int shared = Math.min(changed / 16, hashes.length);
        assertThat(Arrays.mismatch(hashes, otherHashes)).isEqualTo(shared == hashes.length ? -1 : shared);
    }

    @Test
    void theAnswerContinuesTheBlocksOfItsPrompt() {
        byte[] prompt = "seven..".getBytes(StandardCharsets.UTF_8);
        byte[] both = "seven..and an answer that is longer".getBytes(StandardCharsets.UTF_8);
        assertThat(new Prompt(prompt, "").blockHashes("and an answer that is longer", 2))
                .isEqualTo(new Prompt(both, "").blockHashes("", 2))
                .hasSize(4);
    }

    @Test
    void theScopeSeparatesEqualTexts() {
        byte[] text = new byte[16];
        assertThat(new Prompt(text, "a").blockHashes("", 4)).isNotEqualTo(new Prompt(text, "b").blockHashes("", 4));
    }

    @Test
    void anEmptyTextHasOneToken() {
        assertThat(new Prompt(new byte[0], "").tokens()).isEqualTo(1);
    }

    @Test
    void generatedWordsAreOneTokenEach() {
        Generation.Text text = new Generation.Text(7);
        assertThat(text.words(1000)).hasSize(4000).matches("([a-z]{3} )+").startsWith(text.word(0) + text.word(1));
        assertThat(text.words(20)).isNotEqualTo(new Generation.Text(8).words(20));
    }
}
