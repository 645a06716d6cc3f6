package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.io.ByteArrayOutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationRequestTest {

    @Test
    void readsTheParametersOfAChat() {
        GenerationRequest request = parse("""
                {"messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"x":[],"include_usage":true},
                 "max_tokens":5,"max_completion_tokens":7,"cache_salt":"s","priority":-2,"temperature":0.1,"model":"m"}
                """);
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.stream()).isTrue();
        assertThat(request.includeUsage()).isTrue();
        assertThat(request.maxTokens()).isEqualTo(7);
        assertThat(request.priority()).isEqualTo(-2);
        assertThat(request.prompt().length()).isPositive();
    }

    @Test
    void countsMembersOfOtherTypesAsAbsent() {
        GenerationRequest request = parse("""
                {"model":null,"stream":"yes","stream_options":null,"max_tokens":1.5,"max_output_tokens":99999999999,
                 "cache_salt":7,"priority":"high","prompt":"a"}""");
        assertThat(request.model()).isNull();
        assertThat(request.stream()).isFalse();
        assertThat(request.includeUsage()).isFalse();
        assertThat(request.maxTokens()).isNull();
        assertThat(request.priority()).isNull();
        assertThat(request.prompt().length()).isPositive();
    }

    /** As pydantic does where it is not strict, which is how vLLM uses it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "100000",
                "1e5",
                "1E5",
                "1.0e+5",
                "100000.0",
                "100000.0000000000000000001",
                "\"100000\"",
                "\" 100000 \"",
                "\"+1_00_000.0\"",
                "\"\\u0031000\\u00300\""
            })
    void readsEveryFormOfAnIntegerThatEnginesTake(String value) {
        GenerationRequest request = parse("{\"max_tokens\":%1$s,\"n\":%1$s,\"priority\":%1$s}".formatted(value));
        assertThat(request.maxTokens()).isEqualTo(100_000);
        assertThat(request.samples()).isEqualTo(100_000);
        assertThat(request.priority()).isEqualTo(100_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e-1",
                "5.5",
                "1e400",
                "2147483648.0",
                "-2147483649",
                "true",
                "null",
                "[5]",
                "{}",
                "\"\"",
                "\"5.\"",
                "\"1e5\"",
                "\"_5\"",
                "\"1__0\"",
                "\"0x5\"",
                "\"\u0665\"",
                "\"5d\""
            })
    void readsNothingElseAsAnInteger(String value) {
        assertThat(parse("{\"max_completion_tokens\":%s}".formatted(value)).maxTokens())
                .isNull();
    }

    @Test
    void aNameLongerThanAnyIsNobodysAndNotCopied() {
        String huge = "n\\u0061".repeat(100_000);
        GenerationRequest request = parse("{\"previous_response_id\":\"%s\",\"model\":\"%s\"}".formatted(huge, huge));
        assertThat(request.model()).startsWith("n").endsWith("…").hasSizeLessThan(300);
        assertThat(request.previousResponses()).containsExactly(request.model());
        byte[] body = "{\"model\":\"%s\"}".formatted(huge).getBytes(UTF_8);
        assertThat(GenerationRequest.modelOf(body)).isEqualTo(request.model());
    }

    @Test
    void aNameOfFullLengthIsReadWhole() {
        String model = "m".repeat(1000);
        assertThat(parse("{\"model\":\"%s\"}".formatted(model)).model()).isEqualTo(model);
    }

    @Test
    void aLongKeyInEscapesIsNoneOfOurs() {
        assertThat(parse("{\"\\u006dodel\":\"m\",\"%s\":\"n\"}".formatted("\\u006d".repeat(100_000)))
                        .model())
                .isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"model\":\"m\"}",
                "{\"messages\":[]}",
                "{\"prompt\":null}",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d\"]}"
            })
    void hasNoPromptInAShapeNobodyKnows(String body) {
        assertThat(parse(body).prompt().length()).isZero();
        assertThat(parse(body).promptBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "\"a\"",
                "{",
                "{\"model\":\"m\"",
                "{} x",
                "{\"prompt\":\"\\q\"}",
                "{\"messages\":[{]}"
            })
    void refusesWhatIsNoJsonObject(String body) {
        assertThatThrownBy(() -> parse(body)).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void putsTheCanonicalPromptInTheOrderOfTheTemplate() {
        String body = """
                {"messages":[{"content":"Hi","tool_call_id":"t","role":"user"}],"system":"S","tools":[{"name": "f"}],"model":"m"}""";
        assertThat(canonical(body)).isEqualTo("<0>'m'<2>[{'name':'f'}]<3>'S'<5><6><7>'user'<8>'Hi'<11>'t'");
    }

    @Test
    void extendsTheCanonicalPromptWhenTheConversationGrows() {
        String start = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}";
        String grown = start
                + ",{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"}],\"model\":\"m\"}";
        assertThat(canonical(grown)).startsWith(canonical(start + "],\"model\":\"m\"}"));
    }

    @Test
    void readsOneTextPartAsThePlainText() {
        assertThat(canonical("""
                        {"messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]}""")).isEqualTo(canonical("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
    }

    @Test
    void tellsTwoTextPartsFromOne() {
        String two = "{\"messages\":[{\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}]}]}";
        assertThat(canonical(two)).isNotEqualTo(canonical("{\"messages\":[{\"content\":\"ab\"}]}"));
    }

    @Test
    void keepsToolCallsAndResults() {
        String anthropic = """
                {"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t",
                 "content":[{"type":"text","text":"42"}]},{"type":"text","text":"So?"}]}]}""";
        assertThat(canonical(anthropic)).isEqualTo("<5><6><7>'user'<8><14>'tool_use_id''t'<15>'42'<16>'So?'");
        String chat = "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\": \"t\"}]}]}";
        assertThat(canonical(chat)).isEqualTo("<5><6><7>'assistant'<10>[{'id':'t'}]");
        String responses = "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"t\",\"output\":\"42\"}]}";
        assertThat(canonical(responses)).isEqualTo("<5><6><8>'42'<11>'t'");
    }

    @Test
    void readsPromptsOfEveryType() {
        assertThat(canonical("{\"prompt\":\"a\"}")).isEqualTo("<5>'a'");
        assertThat(canonical("{\"prompt\":[\"a\", \"b\"]}")).isEqualTo("<5>'a''b'");
        assertThat(canonical("{\"prompt\":[1, 2]}")).isEqualTo("<5>[1,2]");
        assertThat(canonical("{\"prompt\":[[1, 2],[3]]}")).isEqualTo("<5>[[1,2],[3]]");
        assertThat(canonical("{\"input\":\"a\",\"instructions\":\"I\"}")).isEqualTo("<3>'I'<5>'a'");
        assertThat(canonical("{\"token_ids\":[1]}")).isEqualTo("<5>[1]");
    }

    @Test
    void putsADigestInPlaceOfAnImage() {
        String body = "{\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"%s\"}}]}]}";
        byte[] one = bytes(parse(body.formatted("data:" + "A".repeat(10_000))));
        byte[] other = bytes(parse(body.formatted("data:" + "A".repeat(9_999) + "B")));
        byte[] spaced = bytes(parse(
                body.formatted("data:" + "A".repeat(10_000)).replace(":", " : ").replace("data : ", "data:")));
        assertThat(one)
                .hasSameSizeAs(other)
                .isNotEqualTo(other)
                .isEqualTo(spaced)
                .hasSize(2048 + 4);
    }

    @Test
    void letsTheLastOfTwoEqualKeysCount() {
        GenerationRequest request = parse(
                "{\"model\":\"a\",\"prompt\":\"x\",\"stream\":true,\"model\":\"b\",\"prompt\":\"y\",\"stream\":false}");
        assertThat(request.model()).isEqualTo("b");
        assertThat(request.stream()).isFalse();
        assertThat(canonical(request)).isEqualTo("<0>'b'<5>'y'");
        assertThat(canonical("{\"messages\":[{\"role\":\"a\",\"content\":\"x\",\"content\":null}]}"))
                .isEqualTo("<5><6><7>'a'");
    }

    @Test
    void understandsEscapedKeysAndNames() {
        assertThat(parse("{\"mod\\u0065l\":\"meta\\/llama\"}").model()).isEqualTo("meta/llama");
    }

    @Test
    void hasNoPromptWhenThePartsAreTooMany() {
        String message = "{\"role\":\"user\",\"content\":\"a\"},";
        assertThat(parse("{\"messages\":[" + message.repeat(20_000) + "{}]}")
                        .prompt()
                        .length())
                .isZero();
        assertThat(parse("{\"messages\":[" + message.repeat(10_000) + "{}]}")
                        .prompt()
                        .length())
                .isPositive();
    }

    @Test
    void saysNothingOfPromptOrSaltInItsText() {
        assertThat(parse("{\"model\":\"m\",\"cache_salt\":\"secret\",\"prompt\":\"hidden\"}"))
                .hasToString("GenerationRequest[model=m, stream=false, promptBytes=22]");
    }

    @Test
    void stopsAtTheModelWhenOnlyThatIsWanted() {
        assertThat(modelOf("{\"stream\":true,\"model\":\"m\",\"messages\":[broken"))
                .isEqualTo("m");
        assertThat(modelOf("{\"model\":null}")).isNull();
        assertThat(modelOf("{\"model\":\"\"}")).isNull();
        assertThat(modelOf("{\"prompt\":\"model\"}")).isNull();
        assertThat(modelOf("not json")).isNull();
    }

    /** As engines do. */
    @Test
    void takesAnEmptyModelForNone() {
        assertThat(parse("{\"model\":\"\",\"prompt\":\"p\"}").model()).isNull();
    }

    private static String modelOf(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return GenerationRequest.modelOf(bytes);
    }

    @Test
    void readsEveryIdOfAResponseToGoOnFrom() {
        assertThat(parse("{\"previous_response_id\":\"a\",\"x\":{\"previous_response_id\":\"b\"},"
                                + "\"previous_response_\\u0069d\":\"c\\\"\",\"previous_response_id\":4}")
                        .previousResponses())
                .containsExactly("a", "c\"");
        assertThat(parse("{}").previousResponses()).isEmpty();
    }

    private static GenerationRequest parse(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return GenerationRequest.parse(bytes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // As Claude Code sends it; a real 0.26.0 takes it out, and leaves it in one text and in messages.
                "{'system':[{'type':'text','text':'LINE'},{'type':'text','text':'S'}],'messages':[{'role':'user','content':'a'}]} | 0.18",
                "{'messages':[{'content':[{'text':'LINE'},{'text':'S'}],'role':'system'},{'role':'user','content':'a'}]} | 0.33",
                "{'messages':[{'role':'system','content':'LINE\\nS'},{'role':'user','content':'a'}]} | 0.33",
                "{'messages':[{'role':'system','content':'LINE'},{'role':'user','content':'a'}]} | 0.33"
            })
    void leavesOutWhatEnginesTakeOutFromTheirReleaseOn(String body, String since) {
        GenerationRequest one = attributed(body, "1f3a");
        GenerationRequest other = attributed(body, "99c0");
        EngineVersion release = Objects.requireNonNull(EngineVersion.parse(since));
        EngineVersion before = new EngineVersion(release.major(), release.minor() - 1);
        assertThat(bytes(one, release)).isEqualTo(bytes(other, release));
        assertThat(bytes(one, null)).isEqualTo(bytes(one, release));
        assertThat(bytes(one, before)).isNotEqualTo(bytes(other, before));
        assertThat(new String(bytes(one, before), UTF_8)).contains("cch=1f3a");
    }

    @Test
    void leavesOutNoMoreThanTheFirstLine() {
        String with = "{\"messages\":[{\"role\":\"system\",\"content\":\"x-anthropic-billing-header: a\\nS\"}]}";
        String without = "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"}]}";
        assertThat(bytes(parse(with), null)).isEqualTo(bytes(parse(without), null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'system':'LINE','messages':[{'role':'user','content':'a'}]}",
                "{'messages':[{'role':'user','content':'LINE'}]}",
                "{'messages':[{'role':'user','content':[{'text':'LINE'}]}]}",
                "{'messages':[{'content':'LINE'}]}",
                "{'prompt':'LINE'}"
            })
    void keepsItWhereNoEngineTakesItOut(String body) {
        assertThat(bytes(attributed(body, "1f3a"))).isNotEqualTo(bytes(attributed(body, "99c0")));
    }

    private static GenerationRequest attributed(String body, String hash) {
        String line = "x-anthropic-billing-header: cc_version=2.1.117.48f; cc_entrypoint=cli; cch=%s;".formatted(hash);
        return parse(body.replace("LINE", line).replace('\'', '"'));
    }

    private static String canonical(String body) {
        return canonical(parse(body));
    }

    /** The canonical prompt with tags as numbers and apostrophes for quotes. */
    private static String canonical(GenerationRequest request) {
        StringBuilder text = new StringBuilder();
        for (byte next : bytes(request)) {
            if (next >= 0 && next < ' ') {
                text.append('<').append(next).append('>');
            } else {
                text.append(next == '"' ? '\'' : (char) next);
            }
        }
        return text.toString();
    }

    private static byte[] bytes(GenerationRequest request, @Nullable EngineVersion engine) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.prompt().writeTo(bytes::write, engine);
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'sampling_params':{'max_tokens':70,'top_p':[1]}} | 70",
                "{'sampling_params':{'max_tokens':'70'}}           | 70",
                "{'sampling_params':{'max_tokens':-1}}             | 0",
                "{'sampling_params':{'max_tokens':null}}           | 0",
                "{'sampling_params':null}                          | 0",
                "{'max_tokens':70}                                 | 0"
            })
    void readsTheMostOfSamplingParamsApart(String body, int most) {
        assertThat(parse(body.replace('\'', '"')).nestedMaxTokens()).isEqualTo(most);
    }

    private static byte[] bytes(GenerationRequest request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.prompt().writeTo(bytes::write, null);
        assertThat(request.promptBytes()).isEqualTo(bytes.size());
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'n':3}                | 3",
                "{'best_of':5,'n':2}    | 5",
                "{'n':null}             | 1",
                "{'n':0}                | 1",
                "{}                     | 1",
                "{'n':2,'n':7}          | 7",
                "{'prompt':['a','b','c']}                        | 3",
                "{'n':2,'prompt':['a','b','c']}                  | 6",
                "{'n':2,'prompt':[[1,2],[3]]}                    | 4",
                "{'prompt':[1,2,3]}                              | 1",
                "{'prompt':[]}                                   | 1",
                "{'prompt':'a'}                                  | 1",
                "{'messages':[{'role':'user'},{'role':'user'}]}  | 1",
                "{'messages':[[{'role':'user'}],[]]}             | 2",
                "{'prompt':['a','b'],'prompt':'a'}               | 2",
                "{'token_ids':[1,2],'sampling_params':{'n':9}}   | 9",
                "{'n':2147483647,'prompt':['a','b','c']}         | 6442450941"
            })
    void knowsHowManySamplesAreGenerated(String body, long samples) {
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        assertThat(GenerationRequest.parse(bytes).samples()).isEqualTo(samples);
    }
}
