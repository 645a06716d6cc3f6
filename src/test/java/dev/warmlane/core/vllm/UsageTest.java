package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.StreamStart.ZeroTokenAbort;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    private static final Usage WIRE = new Usage(20, 2, 16);

    @Test
    void readsTheEnginesBodiesAndChunks() throws IOException {
        List<String> answers = wire().lines()
                .filter(line -> line.matches("(chat|cmpl) (full|usage).*"))
                .map(line -> line.substring(line.indexOf('{')))
                .toList();
        assertThat(answers)
                .hasSizeGreaterThanOrEqualTo(8)
                .allSatisfy(answer -> assertThat(usage(answer)).isEqualTo(WIRE));
    }

    @Test
    void readsTheTailOfAStream() {
        String stream = """
                tent":"x"},"finish_reason":null}],"usage":{"prompt_tokens":20,"completion_tokens":1}}

                data: {"choices":[],"usage":{"prompt_tokens":20,"total_tokens":22,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":16}}}

                data: {"choices":[],"usage":null}

                data: [DONE]

                """;
        assertThat(usage(stream)).isEqualTo(WIRE);
    }

    @Test
    void readsResponsesAndMessages() {
        assertThat(
                        usage(
                                "{\"usage\":{\"input_tokens\":20,\"input_tokens_details\":{\"x\":[],\"cached_tokens\":16},\"output_tokens\":2}}"))
                .isEqualTo(WIRE);
        assertThat(
                        usage(
                                "{\"usage\":{\"input_tokens\":4,\"output_tokens\":2,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":16}}"))
                .isEqualTo(WIRE);
        assertThat(usage("{\"usage\": {\"input_tokens\": 20, \"output_tokens\": 2}}"))
                .isEqualTo(new Usage(20, 2, null));
    }

    @Test
    void knowsNoCachedTokensWhereTheEngineDoesNotSay() {
        assertThat(usage("{\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":2,\"prompt_tokens_details\":null}}"))
                .isEqualTo(new Usage(20, 2, null));
        assertThat(usage("{\"usage\":{\"prompt_tokens\":20,\"prompt_tokens_details\":{\"cached_tokens\":0}}}"))
                .isEqualTo(new Usage(20, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "data: [DONE]",
                "{\"usage\"",
                "{\"usage\":",
                "{\"usage\":{\"prompt_tokens\":20",
                "{\"usage\":{\"prompt_tokens\":\"many\"}}",
                "{\"usage\":{\"prompt_tokens\":-1}}",
                "{\"usage\":{\"total_tokens\":99999999999}}",
                "{\"usage\":{\"prompt_tokens\":10,\"prompt_tokens_details\":{\"cached_tokens\":11}}}",
                "{\"usage\":{\"input_tokens\":2147483647,\"cache_creation_input_tokens\":1}}",
                "{\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":-2}}",
                "{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":1}\"}"
            })
    void findsNothingInGarbage(String answer) {
        assertThat(usage(answer)).isNull();
    }

    @Property
    void neverThrows(@ForAll byte[] garbage) {
        assertThat(Usage.lastIn(garbage, 0, garbage.length)).isNull();
    }

    @Test
    void recognisesAnAnswerAbortedBeforeItsFirstToken() {
        assertThat(aborted("{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"abort\"}]}"))
                .isTrue();
        assertThat(aborted("data: {\"choices\":[{\"text\":\"\",\"finish_reason\": \"abort\"}]}\n\ndata: [DONE]\n\n"))
                .isTrue();
        assertThat(
                        aborted(
                                "{\"choices\":[{\"message\":{\"content\":null,\"reasoning\":\"Hm\"},\"finish_reason\":\"abort\"}]}"))
                .isFalse();
        assertThat(aborted("{\"choices\":[{\"text\":\"\"},{\"text\":\"Hi\",\"finish_reason\":\"abort\"}]}"))
                .isFalse();
        assertThat(aborted("{\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}"))
                .isFalse();
        assertThat(aborted("{\"choices\":[{\"text\":\"\",\"finish_reason\":\"abo"))
                .isFalse();
    }

    private static boolean aborted(String answer) {
        byte[] bytes = answer.getBytes(UTF_8);
        return ZeroTokenAbort.isIn(bytes, 0, bytes.length);
    }

    private static Usage usage(String answer) {
        byte[] bytes = ("xxx" + answer).getBytes(UTF_8);
        return Usage.lastIn(bytes, 3, bytes.length - 3);
    }

    private static String wire() throws IOException {
        try (InputStream text = UsageTest.class.getResourceAsStream("/vllm/wire-json.txt")) {
            return new String(text.readAllBytes(), UTF_8);
        }
    }
}
