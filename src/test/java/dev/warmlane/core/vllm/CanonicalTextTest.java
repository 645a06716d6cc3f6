package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same text, however its client escapes it, has the same bytes in a prompt. */
class CanonicalTextTest {
    /** What clients write in different ways, and what all have to escape. */
    private static final String TEXT = "a/b <&> 你好, é \uD83D\uDE00 \u2028 \u007F \"q\" \\ \n\t\b\f\u001b end";

    /** How some clients write a character that they need not escape; each escapes what has to be. */
    private enum Client {
        JAVASCRIPT,
        PYTHON,
        GO,
        PHP,
        DOTNET;

        String quote(String text) {
            StringBuilder quoted = new StringBuilder("\"");
            text.chars().forEach(next -> quoted.append(escape((char) next)));
            return quoted.append('"').toString();
        }

        private String escape(char next) {
            int kind = "\"\\\b\f\n\r\t".indexOf(next);
            boolean shortWay = this != DOTNET || next != '"';
            if (kind >= 0 && shortWay && !(this == GO && (next == '\b' || next == '\f'))) {
                return "\\" + "\"\\bfnrt".charAt(kind);
            }
            boolean plain = switch (this) {
                case JAVASCRIPT -> next >= ' ';
                case PYTHON -> next >= ' ' && next < 0x7F;
                case GO -> next >= ' ' && "<>&\u2028\u2029".indexOf(next) < 0;
                case PHP -> next >= ' ' && next < 0x80 && next != '/';
                case DOTNET -> next >= ' ' && next < 0x7F && "<>&'+`\"".indexOf(next) < 0;
            };
            if (plain) {
                return String.valueOf(next);
            }
            return this == PHP && next == '/' ? "\\/" : (this == DOTNET ? "\\u%04X" : "\\u%04x").formatted((int) next);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'messages':[{'role':'user','content':TEXT}]}",
                "{'messages':[{'role':'user','name':TEXT,'content':[{'type':'text','text':TEXT},TEXT]}]}",
                "{'messages':[{'role':'assistant','tool_calls':[{'function':{'name':'f','arguments':TEXT}, TEXT : 1}]}]}",
                "{'tools':[{'function':{'description': TEXT}}],'messages':[{'content':'a'}]}",
                "{'messages':[{'content':[{'type':'image_url','image_url':{'url':TEXT}}]}]}",
                "{'model':TEXT,'cache_salt':TEXT,'prompt':TEXT}",
                "{'prompt':[TEXT,TEXT]}",
                "{'system':TEXT,'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':TEXT,'content':[{'text':TEXT}]}]}]}",
                "{'system':[{'type':'text','text':TEXT}],'messages':[{'role':'user','content':[{TEXT:TEXT}]}]}",
                "{'instructions':TEXT,'input':TEXT}",
                "{'input':[{'type':'message','role':'user','content':[{'type':'input_text','text':TEXT}]},{'output':TEXT},{'arguments':TEXT}]}",
                "{'input':[TEXT, TEXT]}",
                "{'query':TEXT,'documents':[TEXT]}"
            })
    void isTheSameFromEveryClient(String body) {
        byte[] expected = prompt(body, Client.JAVASCRIPT);
        assertThat(expected.length > 0).isEqualTo(!body.contains("query"));
        for (Client client : Client.values()) {
            assertThat(prompt(body, client)).as("%s", client).isEqualTo(expected);
        }
    }

    @Test
    void whatEnginesTakeOutIsTheSameFromEveryClient() {
        String body = "{'messages':[{'role':'system','content':LINE},{'role':'user','content':TEXT}]}"
                .replace("LINE", "'x-anthropic-billing-header: <é>NEWLINEa/b 你'");
        byte[] plain = json(body.replace("NEWLINE", "\\n"), Client.JAVASCRIPT);
        byte[] escaped = json(
                body.replace("NEWLINE", "\\u000A")
                        .replace("<é>", "\\u003cé\\u003e")
                        .replace("a/b 你", "a\\/b \\u4f60"),
                Client.PYTHON);
        EngineVersion keepsIt = new EngineVersion(0, 32);
        assertThat(bytes(escaped, null)).isEqualTo(bytes(plain, null));
        assertThat(new String(bytes(escaped, keepsIt), UTF_8)).contains("header: <é>\\na/b 你");
        assertThat(bytes(escaped, keepsIt)).isEqualTo(bytes(plain, keepsIt)).hasSize((int) length(escaped));
    }

    /** A character takes what it takes in UTF-8, so that the tokens that are expected of it are the same. */
    @Test
    void escapedTextIsAsLongAsPlainText() {
        byte[] body = json("{'prompt':'" + "\\u4f60".repeat(1000) + "'}", Client.PYTHON);
        assertThat(length(body)).isEqualTo(3003);
        assertThat(new String(bytes(body, null), UTF_8)).isEqualTo("\5\"" + "你".repeat(1000) + '"');
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                // The other of the pair is missing, comes first, or is no surrogate.
                "'\\uD83D', '\\ud83d'",
                "'\\uDE00\\uD83D', '\\ude00\\ud83d'",
                "'\\ud83dx', '\\ud83dx'",
                "'\\ud83d\\n', '\\ud83d\\n'",
                "'\\ud83d\\u0041', '\\ud83dA'",
                "'\\ud83d\\ud83d\\ude00', '\\ud83d😀'",
                "'\\u0000\\u001F', '\\u0000\\u001f'",
                "'\\u0008\\u000c\\u000A\\u000D\\u0009\\u0022\\u005C', '\\b\\f\\n\\r\\t\\\"\\\\'",
                "'\\\\u4f60', '\\\\u4f60'"
            })
    void escapesWhatHasToBeInOneWay(String escaped, String expected) {
        byte[] body = json("{'prompt':" + escaped + "}", Client.PYTHON);
        assertThat(new String(bytes(body, null), UTF_8)).isEqualTo("\5" + expected.replace('\'', '"'));
        assertThat(bytes(body, null)).hasSize((int) length(body));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\u12", "\\u12g4", "\\ud83d\\u12", "\\ud83d\\", "\\u4f60\\x", "\\/\\", "\\u"})
    void refusesWhatIsNoEscape(String text) {
        byte[] body = json("{'prompt':'" + text + "'}", Client.PYTHON);
        assertThatThrownBy(() -> GenerationRequest.parse(body)).isInstanceOf(MalformedJsonException.class);
        byte[] cut = Arrays.copyOf(body, body.length - 2);
        assertThatThrownBy(() -> GenerationRequest.parse(cut)).isInstanceOf(MalformedJsonException.class);
    }

    /** In blocks whose borders fall into characters, and texts longer than any buffer. */
    @Property(tries = 300)
    void hasTheSameBlocksHoweverEachCharacterIsEscaped(@ForAll("texts") String text, @ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder mixed = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            Client client = Client.values()[random.nextInt(Client.values().length)];
            boolean half = Character.isSurrogate(text.charAt(i));
            mixed.append((half ? Client.PYTHON : client).escape(text.charAt(i)));
        }
        byte[] body = json("{'prompt':'" + mixed + "'}", Client.PYTHON);
        byte[] plain = json("{'prompt':TEXT}".replace("TEXT", Client.JAVASCRIPT.quote(text)), Client.PYTHON);
        assertThat(bytes(body, null)).isEqualTo(bytes(plain, null)).hasSize((int) length(body));
        PromptBlocks blocks = blocks(body);
        PromptBlocks plainBlocks = blocks(plain);
        assertThat(blocks.bytes()).isEqualTo(plainBlocks.bytes());
        for (int i = 0; i < plainBlocks.length(); i++) {
            assertThat(blocks.hash(i)).isEqualTo(plainBlocks.hash(i));
        }
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of("a", " ", "/", "<", "\"", "\\", "\n", "\u001b", "é", "你", "😀", "plain text ".repeat(20))
                .list()
                .ofMaxSize(600)
                .map(parts -> String.join("", parts));
    }

    private static byte[] prompt(String body, Client client) {
        byte[] json = json(body, client);
        byte[] prompt = bytes(json, null);
        assertThat(prompt).hasSize((int) length(json));
        return prompt;
    }

    private static byte[] json(String body, Client client) {
        return body.replace('\'', '"').replace("TEXT", client.quote(TEXT)).getBytes(UTF_8);
    }

    private static long length(byte[] body) {
        return GenerationRequest.parse(body).promptBytes();
    }

    private static byte[] bytes(byte[] body, EngineVersion engine) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        GenerationRequest.parse(body).prompt().writeTo(bytes::write, engine);
        return bytes.toByteArray();
    }

    private static PromptBlocks blocks(byte[] body) {
        PromptHasher hasher = new PromptHasher(7);
        GenerationRequest.parse(body).prompt().writeTo(hasher::accept, null);
        return hasher.finish();
    }
}
