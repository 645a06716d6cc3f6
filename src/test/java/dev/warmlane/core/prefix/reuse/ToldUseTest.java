package dev.warmlane.core.prefix.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.reuse.ToldUse.Completed;
import dev.warmlane.core.prefix.reuse.ToldUse.Prompt;
import dev.warmlane.core.prefix.reuse.ToldUse.Sent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What another replica tells is taken in only if it can be: one number out of range would be in every sum for a day. */
class ToldUseTest {

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 4, 64})
    void aPromptHasBytesForEachToken(double bytesPerToken) {
        assertThat(sent(4096, 4, bytesPerToken).isSound()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {
                0.49,
                64.1,
                0,
                -4,
                Double.MIN_VALUE,
                Double.MAX_VALUE,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                Double.NaN
            })
    void noPromptHasOthers(double bytesPerToken) {
        assertThat(sent(4096, 4, bytesPerToken).isSound()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1023, 4", "-1, 0", "4096, -1", "1099511627777, 4", "9223372036854775807, 4"})
    void itsBlocksFitIntoItAndItIntoARequest(long bytes, int length) {
        assertThat(sent(bytes, length, 4).isSound()).isFalse();
    }

    @Test
    void noResponseHasMoreTokensThanCanBe() {
        assertThat(completed(1000L, 1000, 1000, 1000L).isSound()).isTrue();
        assertThat(completed(null, 1000, 1000, null).isSound()).isTrue();
        long tooMany = (1L << 40) + 1;
        assertThat(completed(tooMany, 1000, 1000, 1000L).isSound()).isFalse();
        assertThat(completed(1000L, tooMany, 1000, 1000L).isSound()).isFalse();
        assertThat(completed(1000L, 1000, tooMany, 1000L).isSound()).isFalse();
        assertThat(completed(1000L, 1000, 1000, tooMany).isSound()).isFalse();
        assertThat(completed(1000L, 1000, 1000, -1L).isSound()).isFalse();
    }

    private static Sent sent(long bytes, int length, double bytesPerToken) {
        return new Sent(
                new Prompt(1, 2, bytes, length, 256, 3, bytesPerToken),
                new int[0],
                0,
                1 << 30,
                new int[0],
                new long[0]);
    }

    private static Completed completed(Long predicted, long promptTokens, long outputTokens, Long cached) {
        return new Completed(new Prompt(1, 2, 4096, 4, 256, 3, 4), predicted, promptTokens, outputTokens, cached);
    }
}
