package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.PrefillBody.Api;
import dev.warmlane.core.vllm.PrefillBody.Obstacle;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefillBodyTest {
    private static final String ASKS = "'kv_transfer_params':{'do_remote_decode':true,'do_remote_prefill':false,"
            + "'remote_engine_id':null,'remote_block_ids':null,'remote_host':null,'remote_port':null},";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "CHAT | { 'a' : 1.0, 'stream':true ,'max_tokens':5} | {ASKS'max_completion_tokens':1, 'a' : 1.0, 'stream':false ,'max_tokens':1}",
                "CHAT | {'stream_options':{'x':1},'min_tokens':3,'b':'é'} | {ASKS'max_tokens':1,'max_completion_tokens':1,'stream':false,'stream_options':null,'min_tokens':0,'b':'é'}",
                "COMPLETIONS | {'max_tokens':null,'max_completion_tokens':7,'min_tokens':null} | {ASKS'stream':false,'max_tokens':1,'max_completion_tokens':7,'min_tokens':null}",
                "COMPLETIONS | {'max_tokens':2,'max_\\u0074okens':3} | {ASKS'stream':false,'max_tokens':1,'max_\\u0074okens':1}",
                "RESPONSES | {'store':true,'max_output_tokens':9} | {ASKS'stream':false,'store':false,'max_output_tokens':1}",
                "MESSAGES | {'max_tokens':9,'store':true} | {ASKS'stream':false,'max_tokens':1,'store':true}",
            })
    void changesWhatThePrefillLegNeedsAndNothingElse(Api api, String body, String expected) {
        byte[] bytes = json(body);
        assertThat(text(PrefillBody.of(bytes, api).pieces(bytes)))
                .isEqualTo(new String(json(expected.replace("ASKS", ASKS)), UTF_8));
    }

    @Test
    void theDecodeLegHasTheTransferVerbatim() {
        Transfer transfer = Objects.requireNonNull(Transfer.of(json("{'kv_transfer_params': {'x' : [1, 2.50]}}")));
        assertThat(text(PrefillBody.decodePieces(json(" {'a':1}"), transfer)))
                .isEqualTo(new String(json(" {'kv_transfer_params':{'x' : [1, 2.50]},'a':1}"), UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{'n':1,'best_of':1,'use_beam_search':false,'prompt_logprobs':null,'echo':true} | -",
                "{'prompt':[1,2,3]}                | -",
                "{'prompt':['one']}                | -",
                "{'prompt':[[1],[2]]}              | SEVERAL",
                "{'prompt':['one','two']}          | SEVERAL",
                "{'n':2}                           | SEVERAL",
                "{'best_of':2}                     | SEVERAL",
                "{'use_beam_search':true}          | BEAM_SEARCH",
                "{'prompt_logprobs':0}             | PROMPT_LOGPROBS",
                "{'echo':true,'logprobs':1}        | PROMPT_LOGPROBS",
                "{'kv_transfer_params':{}}         | API",
                "{'background':true}               | API",
                "[]                                | API",
                "{'a':                             | API",
            })
    void knowsWhatTheConnectorCannotCarry(String body, @Nullable Obstacle expected) {
        assertThat(PrefillBody.obstacle(json(body))).isEqualTo(expected);
    }

    @Test
    void refusesToReplaceWithoutEnd() {
        byte[] hostile = json("{" + "'stream':true,".repeat(65) + "'a':1}");
        assertThatExceptionOfType(MalformedJsonException.class).isThrownBy(() -> PrefillBody.of(hostile, Api.CHAT));
    }

    @Property
    void survivesAnyBytes(@ForAll byte[] garbage) {
        PrefillBody.obstacle(garbage);
        Transfer.of(garbage);
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    private static String text(ByteBuffer[] pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ByteBuffer piece : pieces) {
            all.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }
        return all.toString(UTF_8);
    }
}
