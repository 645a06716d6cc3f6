package dev.warmlane.engines.probe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.engines.probe.ScrapeClient.EngineJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineJsonTest {
    @Test
    void keepsWholeCardsInTheOrderOfTheServer() {
        assertThat(EngineJson.models(utf8("""
                {"object":"list","data":[
                  {"id":"m","object":"model","created":1,"owned_by":"vllm","parent":null,"max_model_len":4096,
                   "permission":[{"id":"modelperm-U"}]},
                  {"id":"lora é","object":"model","parent":"m"}]}""")))
                .containsExactly(
                        new ModelCard(
                                "m",
                                false,
                                "{\"id\":\"m\",\"object\":\"model\",\"created\":1,\"owned_by\":\"vllm\",\"parent\":null,"
                                        + "\"max_model_len\":4096,\"permission\":[{\"id\":\"modelperm-U\"}]}"),
                        new ModelCard("lora é", true, "{\"id\":\"lora é\",\"object\":\"model\",\"parent\":\"m\"}"));
    }

    @Test
    void dropsNoSpaceInsideOfAString() {
        assertThat(EngineJson.models(utf8("""
                { "data" : [ { "id" : "a \\"b\\\\" , "root":"/x  y" } ] }""")))
                .containsExactly(new ModelCard("a \"b\\", false, "{\"id\":\"a \\\"b\\\\\",\"root\":\"/x  y\"}"));
    }

    @Test
    void passesOverCardsWithoutAName() {
        assertThat(EngineJson.models(utf8("{\"data\":[1,null,{},{\"id\":7},{\"id\":\" \"},{\"id\":\"m\"}]}")))
                .containsExactly(new ModelCard("m", false, "{\"id\":\"m\"}"));
    }

    @Test
    void passesOverNamesThatNoRequestCouldBear() {
        String longest = "m".repeat(1024);
        assertThat(EngineJson.models(utf8("{\"data\":[{\"id\":\"%sm\"},{\"id\":\"%s\"}]}".formatted(longest, longest))))
                .extracting(ModelCard::id)
                .containsExactly(longest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "{\"data\":{}}", "[]", "{\"data\":[", "null"})
    void refusesWhatIsNoList(String body) {
        assertThatThrownBy(() -> EngineJson.models(utf8(body))).isInstanceOf(UnusableResponse.class);
    }

    @Test
    void readsTheVersionWhereThereIsOne() {
        assertThat(EngineJson.version(utf8("{\"version\":\"0.10.0\"}"))).isEqualTo("0.10.0");
        assertThat(EngineJson.version(utf8("{\"version\":10}"))).isNull();
        assertThat(EngineJson.version(utf8("{\"version\":\"" + "9".repeat(101) + "\"}")))
                .isNull();
        assertThat(EngineJson.version(utf8("{\"build\":{\"version\":\"1\"}}"))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "[]", "{\"version\":\"0.10.0\"", "{} {}", "null"})
    void refusesWhatIsNoObject(String body) {
        assertThatThrownBy(() -> EngineJson.version(utf8(body))).isInstanceOf(UnusableResponse.class);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
