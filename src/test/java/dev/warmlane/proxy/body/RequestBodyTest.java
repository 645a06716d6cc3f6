package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        BufferedBody buffered = new BufferedBody(new BodyBudget(1024), 1024, -1);
        buffered.append(bytes, bytes.length);
        assertThat(new RequestBody(buffered, type, null).streamsInTurn()).isEqualTo(streamsInTurn);
    }
}
