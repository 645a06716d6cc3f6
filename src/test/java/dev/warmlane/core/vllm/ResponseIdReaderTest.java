package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseIdReaderTest {
    private static final String STREAM =
            "event: response.created\ndata: {\"response\":{\"id\":\"resp_1\",\"created_at\":1,\"output\":[]},"
                    + "\"sequence_number\":0,\"type\":\"response.created\"}\n\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"resp_1\",\"created_at\":1}",
                " \n{ \"id\" : \"resp_1\" , ",
                "{\"id\":\"resp_1\",\"instructions\":\"a long",
                "{\"output\":[{\"id\":\"msg_1\"}],\"metadata\":{\"id\":\"x\"},\"id\":\"resp_1\"}",
                "{\"instructions\":\"\\\"id\\\":\\\"resp_2\\\"\",\"id\":\"resp_1\"}",
                STREAM,
                "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"",
            })
    void findsTheIdOfTheResponse(String start) {
        assertThat(idIn(start)).isEqualTo("resp_1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"id\":7}",
                "{\"id\":null,\"id\":\"late\"}",
                "{\"id\":\"resp_",
                "{\"output\":[{\"id\":\"msg_1\"}]}",
                "event: response.created\ndata: {\"resp",
                "event: error\ndata: {\"error\":{\"id\":\"x\"}}\n\n",
                "data: {\"response\":\"\"}\n\ndata: {\"response\":{\"id\":\"resp_1\"}}",
            })
    void findsNothingElse(String start) {
        assertThat(idIn(start)).isNull();
    }

    @Test
    void findsItAsSoonAsItIsThere() {
        int end = STREAM.indexOf("resp_1\"") + 7;
        for (int length = 0; length < end; length++) {
            assertThat(idIn(STREAM.substring(0, length))).isNull();
        }
        assertThat(idIn(STREAM.substring(0, end + 1))).isEqualTo("resp_1");
    }

    @Property
    void neverThrows(@ForAll byte[] garbage) {
        ResponseIdReader.idIn(garbage);
    }

    @Test
    void anIdThatComesInPiecesIsReadAndTakenOnce() {
        ResponseIdReader reader = new ResponseIdReader();
        for (String piece : new String[] {"{\"i", "d\":", "\"resp", "_1", "\""}) {
            assertThat(reader.takeId()).isNull();
            reader.accept(piece.getBytes(UTF_8));
        }
        assertThat(reader.takeId()).isEqualTo("resp_1");
        assertThat(reader.takeId()).isNull();
    }

    @Test
    void wantsNothingOnceItKnowsTheId() {
        ResponseIdReader reader = new ResponseIdReader();
        assertThat(reader.wantedBytes()).isPositive();
        reader.accept(STREAM.getBytes(UTF_8));
        assertThat(reader.wantedBytes()).isZero();
    }

    @Test
    void wantsNoMoreThanTheBeginning() {
        ResponseIdReader reader = new ResponseIdReader();
        byte[] beginning = ("{\"x\":\"" + "y".repeat(4089)).getBytes(UTF_8);
        reader.accept(beginning);
        assertThat(reader.wantedBytes()).isOne();
        reader.accept(new byte[] {'y'});
        assertThat(reader.wantedBytes()).isZero();
        assertThat(reader.takeId()).isNull();
    }

    private static @Nullable String idIn(String start) {
        byte[] bytes = start.getBytes(UTF_8);
        return ResponseIdReader.idIn(bytes);
    }
}
