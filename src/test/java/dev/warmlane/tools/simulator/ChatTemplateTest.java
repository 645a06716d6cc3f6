package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ChatTemplateTest {

    private static JsonNode json(String text) {
        return HttpExchange.json(HttpExchange.utf8(text));
    }

    private static String text(byte[] rendered) {
        return new String(rendered, StandardCharsets.UTF_8);
    }

    @Test
    void rendersRolesAndContentAndBeginsTheAnswer() {
        String body =
                "{\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\",\"content\":\"h\u00e9\"}]}";
        assertThat(text(ChatTemplate.chat(json(body))))
                .isEqualTo("<|system|>\nbe brief\n<|user|>\nh\u00e9\n<|assistant|>\n");
    }

    @Test
    void toolsComeBeforeTheMessages() {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\"}]}";
        assertThat(text(ChatTemplate.chat(json(body))))
                .isEqualTo("<|tools|>\n{\"type\":\"function\"}\n<|user|>\nx\n<|assistant|>\n");
    }

    @Test
    void rendersPartsCallsAndResults() {
        String body = """
                {"messages":[
                  {"role":"user","content":[{"type":"text","text":"see "},{"type":"image_url","image_url":{"url":"u"}}]},
                  {"role":"assistant","content":null,"tool_calls":[{"id":"c"}]},
                  {"role":"tool","content":"result"}]}""";
        assertThat(text(ChatTemplate.chat(json(body))))
                .isEqualTo(
                        "<|user|>\nsee {\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}\n<|assistant|>\n[{\"id\":\"c\"}]\n<|tool|>\nresult\n<|assistant|>\n");
    }

    @Test
    void otherApisRenderToTheSameText() {
        String turn = "[{\"role\":\"user\",\"content\":\"x\"}]";
        String chat = text(ChatTemplate.chat(json(
                "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"x\"}]}")));
        assertThat(text(ChatTemplate.messages(
                        json("{\"system\":\"s\",\"messages\":" + turn + "}"), VllmVersion.NEWEST)))
                .isEqualTo(chat);
        assertThat(text(ChatTemplate.responses(json("{\"instructions\":\"s\",\"input\":" + turn + "}"))))
                .isEqualTo(chat);
        assertThat(text(ChatTemplate.responses(json("{\"instructions\":\"s\",\"input\":\"x\"}"))))
                .isEqualTo(chat);
    }

    @Test
    void takesOutClaudeCodesAttributionAsTheReleaseDoes() {
        JsonNode body = json("""
                {"system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},{"type":"text","text":"s"}],"messages":[]}""");
        assertThat(text(ChatTemplate.messages(body, VllmVersion.parse("0.18"))))
                .isEqualTo("<|system|>\ns\n<|assistant|>\n");
        assertThat(text(ChatTemplate.messages(body, VllmVersion.parse("0.17")))).contains("cch=1");
    }

    @Test
    void tokenIdsTakeFourBytesEach() {
        assertThat(ChatTemplate.plain(json("{\"prompt\":[1,258]}").get("prompt")))
                .containsExactly(0, 0, 0, 1, 0, 0, 1, 2);
        assertThat(text(ChatTemplate.plain(json("{\"prompt\":[\"a\",\"b\"]}").get("prompt"))))
                .isEqualTo("ab");
    }
}
