package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.CanonicalPrompt.MessageEnds;
import org.junit.jupiter.api.Test;

class PrefixRequestTest {
    private static final String CHAT = """
            {"user":"anna","model":"m","cache_salt":"s","tools":[{"type":"function"}],"max_tokens":9,"stream":true,
             "messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"I am Anna"}]}""";

    private static MessageEnds ends(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return GenerationRequest.parse(bytes).prompt().messageEnds(8, 1 << 20);
    }

    private static String of(String body, int messages) {
        MessageEnds ends = ends(body);
        for (int i = 0; i < ends.count(); i++) {
            if (ends.messages(i) == messages) {
                byte[] made = PrefixRequest.of(body.getBytes(UTF_8), messages, ends.hash(i));
                return made == null ? "none" : new String(made, UTF_8);
            }
        }
        return "no such end";
    }

    @Test
    void hasTheFirstMessagesAndNothingElseOfTheRequest() {
        assertThat(of(CHAT, 1))
                .isEqualTo("{\"model\":\"m\",\"cache_salt\":\"s\",\"tools\":[{\"type\":\"function\"}],"
                        + "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},"
                        + "{\"role\":\"user\",\"content\":\".\"}],\"max_tokens\":1}");
        assertThat(of(CHAT, 2)).contains("I am Anna").doesNotContain("\".\"").doesNotContain("\"user\":\"anna\"");
    }

    @Test
    void toolsAloneAreABeginning() {
        assertThat(of(CHAT, 0))
                .isEqualTo("{\"model\":\"m\",\"cache_salt\":\"s\",\"tools\":[{\"type\":\"function\"}],"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\".\"}],\"max_tokens\":1}");
        assertThat(of("{\"system\":\"Be brief\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", 0))
                .startsWith("{\"system\":\"Be brief\",\"messages\":[{");
    }

    @Test
    void modelAloneIsNone() {
        assertThat(of("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", 0))
                .isEqualTo("no such end");
    }

    @Test
    void whatLaysThePromptOutIsKept() {
        assertThat(of("{\"reasoning_effort\":\"high\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", 1))
                .contains("\"reasoning_effort\":\"high\"");
    }

    @Test
    void anotherSaltIsAnotherBeginning() {
        assertThat(ends(CHAT.replace("\"s\"", "\"t\"")).hash(0))
                .isNotEqualTo(ends(CHAT).hash(0));
    }

    @Test
    void isNotMadeOfWhatTheHashDoesNotTell() {
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
        assertThat(of("{" + messages + ",\"documents\":[]}", 1)).isEqualTo("none");
        assertThat(of("{" + messages + ",\"chat_template\":\"x\"}", 1)).isEqualTo("none");
        assertThat(of("{" + messages + ",\"prompt\":\"b\"}", 1)).isIn("none", "no such end");
    }

    @Test
    void endsBeforeAnImage() {
        assertThat(ends("{\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"user\",\"content\":"
                                + "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://a/b\"}}]}]}")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void hashWithoutItsRequestMakesNone() {
        assertThat(PrefixRequest.of(CHAT.getBytes(UTF_8), 1, 7)).isNull();
    }
}
