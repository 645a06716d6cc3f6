package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.StreamStart.ZeroTokenAbort;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZeroTokenAbortTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"abort\"}]}",
                "{\"choices\":[{\"finish_reason\":\"abort\",\"token_ids\":[]}]}",
                "{\"choices\":[{\"text\":\"\",\"finish_reason\":\"abort\",\"token_ids\":null}]}",
                "{\"object\":\"response\",\"output\":[],\"usage\":{\"input_tokens\":7,\"output_tokens\":0}}",
                "{\"type\":\"message\",\"content\":[],\"usage\":{\"output_tokens\": 0 ,\"input_tokens\":7}}"
            })
    void isAnAnswerWithoutAToken(String answer) {
        assertThat(isIn(answer)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"abort\"}]}",
                "{\"choices\":[{\"finish_reason\":\"abort\",\"token_ids\":[9707]}]}",
                "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}",
                "{\"output\":[{\"content\":[{\"text\":\"Hi\"}]}],\"usage\":{\"output_tokens\":0}}",
                "{\"output\":[],\"usage\":{\"output_tokens\":20}}",
                "{\"status\":\"queued\",\"usage\":null}",
                "{\"data\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":0}}",
                "{\"input_tokens\":12}"
            })
    void isNoOtherAnswer(String answer) {
        assertThat(isIn(answer)).isFalse();
    }

    private static boolean isIn(String answer) {
        byte[] bytes = answer.getBytes(UTF_8);
        return ZeroTokenAbort.isIn(bytes, 0, bytes.length);
    }
}
