package dev.warmlane.core.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamStartTest {
    private static final String OPENING =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String TOKEN =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
    private static final String EMPTY_TOKEN =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String ABORT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"abort\"}]}\n\n";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | UNDECIDED | nothing has come",
                "data: {\"choi | UNDECIDED | an event that is not whole",
                "<opening> | UNDECIDED | the opening comes before the first token",
                "<opening><opening> | UNDECIDED | one for each choice",
                "<opening>data: {\"cho | UNDECIDED | an opening and an event that is not whole",
                "<opening><token> | BEGUN | text was generated",
                "<opening><empty> | BEGUN | a token without text is one",
                "<opening><abort> | ABORTED | as chat aborts",
                "<opening><abort>data: [DONE]\\n\\n | ABORTED | all of it at once",
                "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"abort\"}]}\\n\\n | ABORTED | as completions abort",
                "data: {\"choices\":[{\"text\":\"Hi\",\"finish_reason\":null}]}\\n\\n | BEGUN | completions have no opening",
                "<opening><token><abort> | BEGUN | an abort after the first token",
                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}}]}\\n\\n | BEGUN | a role and text",
                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\\n\\n | BEGUN | an end that is no abort",
                "data: {\"error\":{\"message\":\"abort\"}}\\n\\n | FAILED | an error of the engine",
                "<opening>data: {\"error\":{\"code\":500}}\\n\\n | FAILED | an error after the opening",
                "<opening><token>data: {\"error\":{\"code\":500}}\\n\\n | BEGUN | an error after a token",
                "data: {\"error\":{\"code\":400}}\\r\\n\\r\\n | REFUSED | an error of the client",
                ": ping\\n\\n | UNDECIDED | a comment",
                ": ping\\r\\n\\r\\n | UNDECIDED | with other line ends",
                "data: {\"choices\":[{\"text\":\"Hi\"}]}\\r\\r | BEGUN | or the oldest",
                ": keep-alive\\n\\n<opening>: keep-alive\\n\\n | UNDECIDED | comments around an opening",
                ": keep-alive\\n\\n<opening>: keep-alive\\n\\n<token> | BEGUN | and text after them",
                ": keep-alive\\n\\n<opening>: keep-alive\\n\\n<abort> | ABORTED | or an abort",
                ": a\\nevent: message_start\\ndata: {}\\n\\n | UNDECIDED | a comment within an event",
                "event: unknown\\ndata: {}\\n\\n | BEGUN | another kind of stream",
                "event: response.created\\ndata: {\"response\":{\"usage\":null}}\\n\\n | UNDECIDED | a response begins",
                "event: response.output_text.delta\\ndata: {\"delta\":\"Hi\"}\\n\\n | BEGUN | a response has text",
                "event: response.output_text.delta\\ndata: {\"delta\":\"\"}\\n\\n | UNDECIDED | or none yet",
                "event: response.completed\\ndata: {\"usage\":{\"output_tokens\":0,\"total_tokens\":9}}\\n\\n | ABORTED | no token",
                "event: response.completed\\ndata: {\"usage\":{\"output_tokens\":10}}\\n\\n | BEGUN | some tokens",
                "event: response.completed\\ndata: {\"usage\":{\"output_tokens\":05}}\\n\\n | BEGUN | no number that we know",
                "event: response.completed\\ndata: {\"usage\":null}\\n\\n | BEGUN | no count",
                "event: message_start\\ndata: {\"usage\":{\"output_tokens\":0}}\\n\\n | UNDECIDED | a message begins",
                "event: content_block_start\\ndata: {\"content_block\":{\"text\":\"\"}}\\n\\n | UNDECIDED | with a block",
                "event: content_block_delta\\ndata: {\"delta\":{\"text\":\"Hi\"}}\\n\\n | BEGUN | a message has text",
                "event: content_block_delta\\ndata: {\"delta\":{\"thinking\":\"Hm\"}}\\n\\n | BEGUN | or thoughts",
                "event: content_block_delta\\ndata: {\"delta\":{\"partial_json\":\"{\"}}\\n\\n | BEGUN | or calls",
                "event: message_delta\\ndata: {\"usage\":{\"output_tokens\":0}}\\n\\n | ABORTED | a message without a token",
                "event: error\\ndata: {\"type\":\"error\"}\\n\\n | FAILED | an error with a name",
                "event: errors\\ndata: {\"type\":\"error\"}\\n\\n | BEGUN | a name that is longer",
                "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"abort\"}]}\\r\\n\\r\\n | ABORTED | other line ends",
            })
    void judgesByTheFirstEvents(String events, StreamStart start, String why) {
        byte[] bytes = events.replace("<opening>", OPENING)
                .replace("<token>", TOKEN)
                .replace("<empty>", EMPTY_TOKEN)
                .replace("<abort>", ABORT)
                .replace("\\r", "\r")
                .replace("\\n", "\n")
                .getBytes(StandardCharsets.UTF_8);

        assertThat(StreamStart.of(bytes, 0, bytes.length)).as(why).isEqualTo(start);
    }
}
