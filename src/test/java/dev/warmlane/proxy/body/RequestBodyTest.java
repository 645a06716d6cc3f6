package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBodyTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"stream\":true}|application/json|true",
                "{\"stream\":true,\"priority\":-1}|application/json|true",
                "{\"stream\":true,\"priority\":0}|application/json|true",
                "{\"stream\":true,\"priority\":null}|application/json|true",
                "{\"stream\":true,\"priority\":5}|application/json|false",
                "{\"stream\":true,\"priority\":\"5\"}|application/json|false",
                "{\"stream\":false}|application/json|false",
                "{}|application/json|false",
                "{\"stream\":true}|text/plain|false",
                "no JSON|application/json|false"
            })
    void onlyAStreamThatGivesWayToNobodyTellsByItsFirstTokenHowLongOthersWait(
            String text, String type, boolean streamsInTurn) {
        assertThat(body(text, type).streamsInTurn()).isEqualTo(streamsInTurn);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--b", "--json", "--application/JSON"})
    void aFormIsAFormWhateverItsBoundarySays(String boundary) {
        RequestBody form = body(
                "--%1$s\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--%1$s--\r\n".formatted(boundary),
                "multipart/form-data; boundary=\"%s\"".formatted(boundary));
        assertThat(form.isJson()).isFalse();
        assertThat(form.model()).isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"})
    void isJsonByItsMediaType(String type) {
        assertThat(body("{\"model\":\"m\"}", type).model()).isEqualTo("m");
    }

    private static RequestBody body(String text, String type) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        BufferedBody buffered = new BufferedBody(new BodyBudget(1024), 1024, -1);
        buffered.append(bytes, bytes.length);
        return new RequestBody(buffered, type, null);
    }
}
