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

    /** Each of these is a field to python-multipart 0.0.34 under Starlette, which vLLM reads forms with, or was to an earlier release. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Disposition: form-data; name=\"model\"; x=\"; filename=a\"\r\n\r\nother",
                "Content-Disposition: form-data; name=\"model\"; filenames=a\r\n\r\nother",
                "Content-Disposition: form-data; name=\"model\"; x=\"; name=y\"\r\n\r\nother",
                "Content-Disposition: form-data; name=y; name=\"model\"\r\n\r\nother",
                "Content-Disposition: form-data; name*=utf-8''model\r\n\r\nother",
                "Content-Disposition: form-data; name*0=mo; name*1=del\r\n\r\nother",
                "Content-Disposition: form-data; x=\"a\\\\\"; name=model; y=\"\"\r\n\r\nother",
                "Content-Disposition: attachment; name=\"model\"\r\n\r\nother",
                "Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=model\r\n\r\nother",
                FILE + "\r\n--boundary\r\n--bound\r\n" + MODEL
            })
    void noFieldThatAnEngineFindsIsOverlooked(String part) {
        MultipartForm form = new MultipartForm(form(MODEL, part), "bound", "model");
        assertThat(form.size() > 1 || !form.isPlain()).isTrue();
    }

    @Test
    void whatClientsSendIsPlain() {
        String file =
                "Content-Disposition: form-data; name=\"file\"; filename=\"C:\\a \\\"b\\\".wav\"; filename*=UTF-8''%C3%A4.wav;";
        byte[] body = form(
                MODEL,
                file + "\r\nContent-Type: audio/wav\r\n\r\nRIFF",
                FILE,
                "Content-Disposition:form-data;name=n\r\n\r\n");
        assertThat(new MultipartForm(body, "bound", "model").isPlain()).isTrue();
    }

    @Test
    void whatStandsOutsideOfPartsIsNotPlain() {
        for (String begin : new String[] {"preamble\r\n--bound\r\n", "--bound \r\n"}) {
            byte[] body = (begin + MODEL + "\r\n--bound--\r\n").getBytes(ISO_8859_1);
            assertThat(new MultipartForm(body, "bound", "model").isPlain()).isFalse();
        }
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
