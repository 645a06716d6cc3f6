package dev.warmlane.core.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Sender;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.vllm.CanonicalPrompt.MessageEnds;
import dev.warmlane.core.vllm.GenerationRequest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedPromptsTest {
    private static final PromptBlocks PROMPT = PromptBlocks.of(new long[] {1, 2}, 64, 128);
    private static final PrefixCall CALL = new PrefixCall("/v1/chat/completions", new byte[10], PROMPT);
    private static final int MAX_BYTES = 100_000;

    private long nanos;
    private final SharedPrompts prompts = new SharedPrompts(3, MAX_BYTES, Duration.ofMinutes(10), () -> nanos);

    /** Each session is at an address of its own. */
    private static Sender session(long number) {
        return new Sender(number, 1000 + number);
    }

    private static MessageEnds ends(String... messages) {
        StringBuilder body = new StringBuilder("{\"model\":\"m\",\"messages\":[");
        for (int i = 0; i < messages.length; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"role\":\"user\",\"content\":\"")
                    .append(messages[i])
                    .append("\"}");
        }
        byte[] bytes = body.append("]}").toString().getBytes(UTF_8);
        return GenerationRequest.parse(bytes).prompt().messageEnds(8, 1 << 20);
    }

    private int used(Sender sender, String... messages) {
        nanos += 1_000_000_000;
        MessageEnds ends = ends(messages);
        return prompts.used(ends.hashes(), ends.bytes(), 200, sender);
    }

    /** As a gateway does it. */
    private void sent(Sender sender, PrefixCall call, String... messages) {
        int keep = used(sender, messages);
        if (keep > 0) {
            prompts.keep(ends(messages).hash(keep - 1), call, sender);
        }
    }

    private void sentBySessions(int from, int count, String... messages) {
        for (int i = 0; i < count; i++) {
            sent(session(from + i), CALL, messages);
        }
    }

    @Test
    void nothingOfOneSessionIsEverKept() {
        for (int turn = 0; turn < 20; turn++) {
            assertThat(used(session(7), "mine")).isZero();
            prompts.keep(ends("mine").hash(0), CALL, session(7));
        }
        assertThat(prompts.isEmpty()).isTrue();
        assertThat(prompts.best()).isEmpty();
    }

    @Test
    void sessionsOfOneAddressShareNothing() {
        for (int number = 1; number <= 20; number++) {
            assertThat(used(new Sender(number, 5), "mine")).isZero();
        }
        assertThat(used(new Sender(21, 6), "mine")).isEqualTo(1);
    }

    @Test
    void sessionsShareWhereAddressesTellNothing() {
        used(new Sender(1, 0), "ours");
        used(new Sender(2, 0), "ours");
        assertThat(used(new Sender(3, 0), "ours")).isEqualTo(1);
    }

    @Test
    void whatNobodyIsKnownToSendIsNotKept() {
        for (int turn = 0; turn < 10; turn++) {
            assertThat(used(new Sender(0, turn), "ours")).isZero();
        }
    }

    @Test
    void beginningIsKeptUpToWhereSessionsPart() {
        for (int number = 1; number <= 6; number++) {
            sent(session(number), CALL, "ours", "I am " + number);
        }
        assertThat(prompts.best())
                .singleElement()
                .satisfies(
                        best -> assertThat(best.hash()).isEqualTo(ends("ours").hash(0)));
    }

    @Test
    void usesOfALongerBeginningAreNotItsHeadsOwn() {
        for (int number = 1; number <= 40; number++) {
            sent(session(number), CALL, "ours", "task " + number % 2, "I am " + number);
        }
        List<Shared> best = prompts.best();
        assertThat(best).hasSize(3);
        assertThat(best.get(0).hash()).isEqualTo(ends("ours").hash(0));
        assertThat(best.get(0).ownPerSecond()).isLessThan(0.1 * best.get(0).perSecond());
        assertThat(best.subList(1, 3)).allMatch(task -> task.ownPerSecond() == task.perSecond());
    }

    @Test
    void usesCountOnceThoughABeginningBetweenIsNotKept() {
        for (int number = 1; number <= 40; number++) {
            sent(session(number), CALL, "ours", "task", "again", "I am " + number);
        }
        prompts.refused(ends("ours", "task").hash(1));
        List<Shared> best = prompts.best();
        assertThat(best).hasSize(2);
        assertThat(best.stream().mapToDouble(Shared::ownPerSecond).sum())
                .isCloseTo(best.get(0).perSecond(), within(0.1 * best.get(0).perSecond()));
    }

    @Test
    void requestIsKeptOnceAsManyHaveSentTheSame() {
        for (int number = 1; number <= 6; number++) {
            byte[] own = ("of " + number).getBytes(UTF_8);
            sent(session(number), new PrefixCall("/v1/chat/completions", own, PROMPT), "ours");
        }
        assertThat(prompts.isEmpty()).isTrue();
        sentBySessions(7, 3, "ours");
        assertThat(prompts.isEmpty()).isFalse();
    }

    @Test
    void whatIsNeverTheSameToTheByteIsTriedNowAndThenOnly() {
        int tries = 0;
        for (int number = 1; number <= 6_400; number++) {
            byte[] own = ("of " + number).getBytes(UTF_8);
            int keep = used(session(number), "ours");
            if (keep > 0) {
                tries++;
                prompts.keep(
                        ends("ours").hash(0), new PrefixCall("/v1/chat/completions", own, PROMPT), session(number));
            }
        }
        assertThat(tries).isBetween(100, 140);
        sentBySessions(10_000, 300, "ours");
        assertThat(prompts.isEmpty()).as("once they are the same").isFalse();
    }

    @Test
    void whatEnginesRefuseIsForgottenAndNotKeptAgain() {
        sentBySessions(1, 6, "ours");
        prompts.refused(ends("ours").hash(0));
        assertThat(prompts.isEmpty()).isTrue();
        sentBySessions(10, 6, "ours");
        assertThat(prompts.isEmpty()).isTrue();
    }

    @Test
    void whatIsNotSentAnyMoreIsDropped() {
        sentBySessions(1, 6, "ours");
        assertThat(prompts.best()).hasSize(1);
        nanos += Duration.ofMinutes(11).toNanos();
        assertThat(prompts.best()).isEmpty();
    }

    @Test
    void shareTellsHowMuchOfPromptsIsKept() {
        assertThat(prompts.share()).isZero();
        sentBySessions(1, 2000, "a hundred bytes of system prompt that everybody sends and that the gateway keeps");
        assertThat(prompts.share()).isBetween(0.4, 0.6);
    }

    @Test
    void aHundredThousandDistinctBeginningsStayWithinTheBytes() {
        sentBySessions(1, 6, "ours");
        for (int i = 0; i < 100_000; i++) {
            MessageEnds ends = ends("prompt " + i);
            prompts.used(ends.hashes(), ends.bytes(), 100, session(i + 100));
        }
        assertThat(prompts.bytes()).isLessThanOrEqualTo(MAX_BYTES);
    }
}
