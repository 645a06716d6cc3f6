package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartFormTest {
    private static final String MODEL = "Content-Disposition: form-data; name=\"model\"\r\n\r\nwhisper";
    private static final String FILE =
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                MODEL,
                "content-disposition:form-data;name=model\r\n\r\nwhisper",
                "Content-Type: text/plain\r\nContent-Disposition: form-data; x=y; name=\"model\"\r\n\r\nwhisper"
            })
    void findsAFieldBeforeAndAfterAFile(String model) {
        for (byte[] body :
                new byte[][] {form(FILE + "RIFF\r\n--b\u0000", model), form(model, FILE + "--\r\n-"), form(MODEL)}) {
            MultipartForm form = new MultipartForm(body, "bound", "model");
            assertThat(form.size()).isEqualTo(1);
            assertThat(form.text(100)).isEqualTo("whisper");
            assertThat(form.text(3)).isEqualTo("whi");
        }
    }

    @Test
    void replacesTheTextAndNothingElse() {
        byte[] body = form(FILE + "RIFF\u00ff\r\n", MODEL, FILE);
        byte[] expected = new String(body, ISO_8859_1)
                .replace("whisper", new String("größer".getBytes(UTF_8), ISO_8859_1))
                .getBytes(ISO_8859_1);
        assertThat(new MultipartForm(body, "bound", "model").with("größer")).isEqualTo(expected);
    }

    @Test
    void findsEachOfSeveral() {
        assertThat(new MultipartForm(form(MODEL, FILE, MODEL), "bound", "model").size())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Disposition: form-data; name=\"models\"\r\n\r\nwhisper",
                "Content-Disposition: form-data; name=\"model\"; filename=\"model\"\r\n\r\nwhisper",
                "Content-Disposition: attachment; name=\"model\"\r\n\r\nwhisper",
                "X-Header: name=\"model\"\r\n\r\nwhisper",
                "Content-Disposition: form-data; name=\"file\"\r\n\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper",
                "Content-Disposition: form-data; name=\"model\"\r\nwhisper"
            })
    void takesNothingElseForIt(String part) {
        assertThat(new MultipartForm(form(part), "bound", "model").size()).isZero();
    }

    @Test
    void aFormThatBreaksOffAnywhereIsRead() {
        byte[] body = form(MODEL, FILE + "RIFF");
        for (int length = 0; length < body.length; length++) {
            assertThat(new MultipartForm(Arrays.copyOf(body, length), "bound", "model").size())
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void takesAPreambleAndAnEmptyText() {
        String body =
                "preamble\r\n--bound \r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--bound--\r\nepilogue";
        MultipartForm form = new MultipartForm(body.getBytes(ISO_8859_1), "bound", "model");
        assertThat(form.size()).isEqualTo(1);
        assertThat(form.text(100)).isEmpty();
    }

    private static byte[] form(String... parts) {
        return ("--bound\r\n" + String.join("\r\n--bound\r\n", parts) + "\r\n--bound--\r\n").getBytes(ISO_8859_1);
    }
}
