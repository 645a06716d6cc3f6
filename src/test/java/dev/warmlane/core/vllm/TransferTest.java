package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransferTest {
    private static final String PARAMS = "'kv_transfer_params':{'remote_port':5600}";

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{'kv_transfer_params':null}", "{'kv_transfer_params':7}", "[]", "{'kv_transfer_params':{}"
            })
    void isNoneWhereTheResponseNamesNone(String response) {
        assertThat(Transfer.of(json(response))).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'usage':{'prompt_tokens_details':{'cached_tokens':64}},PARAMS} | {'usage': {'prompt_tokens':99,'prompt_tokens_details':{'cached_tokens': 98}}} | {'usage': {'prompt_tokens':99,'prompt_tokens_details':{'cached_tokens': 64}}}",
                "{'usage':{'prompt_tokens':9},PARAMS} | {'usage':{'prompt_tokens_details':{'cached_tokens':98}}} | {'usage':{'prompt_tokens_details':{'cached_tokens':0}}}",
                "{'usage':{'input_tokens':35,'cache_read_input_tokens':64},PARAMS} | {'usage':{'input_tokens':1,'cache_read_input_tokens':98,'output_tokens':3}} | {'usage':{'input_tokens':35,'cache_read_input_tokens':64,'output_tokens':3}}",
                "{'usage':{'prompt_tokens_details':{'cached_tokens':64}},PARAMS} | {'text':'\\'usage\\':{','usage':null} | {'text':'\\'usage\\':{','usage':null}",
            })
    void tellsWhatTheComputingOfThePromptTook(String prefill, String response, String expected) {
        Transfer transfer = Objects.requireNonNull(Transfer.of(json(prefill.replace("PARAMS", PARAMS))));
        assertThat(new String(transfer.correct(json(response), false), UTF_8))
                .isEqualTo(new String(json(expected), UTF_8));
    }

    @Test
    void keepsTheLengthWhereThatWasPromised() {
        Transfer transfer = Objects.requireNonNull(
                Transfer.of(json("{'usage':{'prompt_tokens_details':{'cached_tokens':6}}," + PARAMS + "}")));
        assertThat(transfer.correct(json("{'usage':{'prompt_tokens_details':{'cached_tokens':980}}}"), true))
                .isEqualTo(json("{'usage':{'prompt_tokens_details':{'cached_tokens':  6}}}"));
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }
}
