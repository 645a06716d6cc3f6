package dev.warmlane.proxy.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.body.ChunkRewriter.UsageChunkRemover;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class UsageChunkTest {
    private static final String DELTA = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}],\"usage\":null}\n\n";
    private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    @Test
    void asksWhereAStreamDoesNot() {
        assertThat(ask(" {\"stream\":true,\"messages\":[]}"))
                .isEqualTo(" {\"stream_options\":{\"include_usage\":true},\"stream\":true,\"messages\":[]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                              | {'include_usage':true}",
                "null                                            | {'include_usage':true}",
                "{'include_usage':false}                         | {'include_usage':true}",
                "{ 'include_usage' : null , 'x':{'a':[1]}}       | { 'include_usage' : true , 'x':{'a':[1]}}",
                "{'continuous_usage_stats':false}                | {'include_usage':true,'continuous_usage_stats':false}",
                "{'include_usage':true,'include_usage':false}    | {'include_usage':true,'include_usage':true}",
            })
    void asksWithinTheOptionsThatAreThere(String options, String asking) {
        String body = "{'stream':true,'stream_options':%s,'prompt':'Hi'}".replace('\'', '"');
        assertThat(ask(body.formatted(options.replace('\'', '"'))))
                .isEqualTo(body.formatted(asking.replace('\'', '"')));
    }

    @Test
    void theLastOptionsCountAsForTheEngine() {
        assertThat(ask("{\"stream_options\":{\"include_usage\":true},\"stream\":true,\"stream_options\":{}}"))
                .endsWith("\"stream_options\":{\"include_usage\":true}}");
    }

    @Test
    void leavesBodiesAloneThatNeedNoQuestion() {
        for (String body : new String[] {
            "{\"stream\":false}",
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
            "{}",
            "",
            "{\"stream\":true",
            "{\"stream\":true,\"stream_options\":7}",
            "{\"stream\":true,\"stream_options\":{\"include_usage\":1}}",
            "{\"stream\":true,\"stream_options\":{\"continuous_usage_stats\":true}}",
            "[true]"
        }) {
            assertThat(ask(body)).isEqualTo(body);
        }
    }

    @Test
    void removesTheUsageChunkWhereverPiecesEnd() {
        String stream = DELTA + DELTA + USAGE + DONE;
        for (int size = 1; size <= stream.length(); size++) {
            assertThat(passed(stream, size)).isEqualTo(DELTA + DELTA + DONE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r\n", "\r"})
    void removesItWhateverLinesEndWith(String lineEnd) {
        String delta = DELTA.replace("\n", lineEnd);
        String stream = (DELTA + DELTA + USAGE + DONE).replace("\n", lineEnd);
        for (int size = 1; size <= stream.length(); size++) {
            assertThat(passed(stream, size)).isEqualTo(delta + delta + DONE.replace("\n", lineEnd));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"'choices': [], 'usage': {", "'choices' :\t[ ] ,'usage' : {"})
    void removesItWhateverSpacesItHas(String spaced) {
        String usage = USAGE.replace("\"choices\":[],\"usage\":{", spaced.replace('\'', '"'));
        assertThat(usage).isNotEqualTo(USAGE);
        String stream = DELTA + usage + DONE;
        for (int size = 1; size <= stream.length(); size++) {
            assertThat(passed(stream, size)).isEqualTo(DELTA + DONE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'choices': [], 'usage': null}",
                "{'choices':[{}],'usage':{'prompt_tokens':1}}",
                "{'text':'\\'choices\\':[]','usage':{'prompt_tokens':1}}",
                "{'my_choices':[],'usage':{'prompt_tokens':1}}",
                "{'choices':[]}",
                "[]",
                ":[]",
                "[",
            })
    void leavesAllOtherEvents(String event) {
        String stream = "data: " + event.replace('\'', '"') + "\n\n" + DONE;
        for (int size = 1; size <= stream.length(); size++) {
            assertThat(passed(stream, size)).isEqualTo(stream);
        }
    }

    @Test
    void letsAnEndlessEventPass() {
        String endless = "data: " + "x".repeat(100_000);
        assertThat(passed(endless, 5000)).isEqualTo(endless);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void passesWholeEventsAtOnce(String lineEnd) {
        ByteBuf events = Unpooled.copiedBuffer((DELTA + DELTA).replace("\n", lineEnd), US_ASCII);
        assertThat(new UsageChunkRemover().accept(events, UnpooledByteBufAllocator.DEFAULT))
                .isSameAs(events);
        events.release();
    }

    @Test
    void keepsNothingOfAChunkThatComesAfterTheClientHasLeft() {
        UsageChunkRemover remover = new UsageChunkRemover();
        ByteBuf late = Unpooled.copiedBuffer("data: {\"ch", US_ASCII);
        remover.rewrite(Flux.never(), UnpooledByteBufAllocator.DEFAULT)
                .subscribe()
                .dispose();

        assertThat(remover.accept(late, UnpooledByteBufAllocator.DEFAULT).isReadable())
                .isFalse();

        assertThat(late.refCnt()).isZero();
    }

    @Test
    void staysKnownByWhatTheClientSaid() {
        RequestBody body = body("{\"stream\":true,\"priority\":7,\"prompt\":\"Hi\"}");
        long blocks = body.prompt().bytes();

        assertThat(body.askForUsageChunk()).isTrue();

        assertThat(body.prompt().bytes()).isEqualTo(blocks);
        body.forgetPrompt();
        assertThat(body.parse().priority()).isEqualTo(7);
        assertThat(body.parse().includeUsage()).isFalse();
        assertThat(body.parse().prompt().length()).isZero();
    }

    private static String ask(String text) {
        RequestBody body = body(text);
        boolean asked = body.askForUsageChunk();
        String sent = new String(body.bytes(), US_ASCII);
        assertThat(asked).isEqualTo(!sent.equals(text));
        return sent;
    }

    private static RequestBody body(String text) {
        BufferedBody buffered = new BufferedBody(new BodyBudget(1024), 1024, -1);
        byte[] bytes = text.getBytes(US_ASCII);
        buffered.append(bytes, bytes.length);
        return new RequestBody(buffered, null, null);
    }

    private static String passed(String stream, int pieceSize) {
        UsageChunkRemover remover = new UsageChunkRemover();
        StringBuilder passed = new StringBuilder();
        for (int i = 0; i < stream.length(); i += pieceSize) {
            String piece = stream.substring(i, Math.min(stream.length(), i + pieceSize));
            ByteBuf out = remover.accept(Unpooled.copiedBuffer(piece, US_ASCII), UnpooledByteBufAllocator.DEFAULT);
            passed.append(out.toString(US_ASCII));
            out.release();
        }
        ByteBuf rest = remover.end();
        passed.append(rest.toString(US_ASCII));
        rest.release();
        return passed.toString();
    }
}
