package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.validation.Chat.ResponseReader;
import org.junit.jupiter.api.Test;

class ResponseReaderTest {
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}";

    private static Chat.Response read(boolean stream, String... lines) {
        ResponseReader reader = new ResponseReader(stream, System.nanoTime());
        for (String line : lines) {
            reader.onNext(line);
        }
        reader.onComplete();
        return reader.response(200, "pod");
    }

    @Test
    void joinsTheDeltasOfAStream() {
        Chat.Response answer = read(
                true,
                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
                "",
                "data: {\"choices\":[{\"delta\":{\"content\":\"two \"}}]}",
                "data: {\"choices\":[{\"delta\":{\"content\":\"words\"}}]}",
                "data: {\"choices\":[]," + USAGE + "}",
                "data: [DONE]");
        assertThat(answer.failure()).isNull();
        assertThat(answer.text()).isEqualTo("two words");
        assertThat(answer.promptTokens()).isEqualTo(7);
        assertThat(answer.outputTokens()).isEqualTo(2);
        assertThat(answer.cachedTokens()).isNull();
        assertThat(answer.ttftSeconds()).isNotNegative();
    }

    @Test
    void readsAWholeAnswerWhichHasNoTtft() {
        Chat.Response answer = read(false, "{\"choices\":[{\"message\":{\"content\":\"yes\"}}],", USAGE + "}");
        assertThat(answer.failure()).isNull();
        assertThat(answer.text()).isEqualTo("yes");
        assertThat(answer.ttftSeconds()).isNull();
    }

    @Test
    void readsHowMuchOfThePromptWasCached() {
        String usage = "\"usage\":{\"prompt_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":%s}}";
        assertThat(read(true, "data: {" + usage.formatted("6") + "}", "data: [DONE]")
                        .cachedTokens())
                .isEqualTo(6);
        assertThat(read(false, "{" + usage.formatted("null") + "}").cachedTokens())
                .isNull();
    }

    @Test
    void saysWhyAnAnswerIsNotWhole() {
        assertThat(read(true, "data: {" + USAGE + "}").failure()).isEqualTo("the stream broke off");
        assertThat(read(true, "data: [DONE]").failure()).isEqualTo("no usage in the response");
        assertThat(read(true, "data: {\"error\":{}}", "data: [DONE]").failure()).isEqualTo("an error in the response");
        assertThat(read(true, "data: {", "data: [DONE]").failure()).isEqualTo("a response that is not JSON");
        assertThat(new ResponseReader(true, 0).response(503, null).failure()).isEqualTo("status 503");
    }
}
