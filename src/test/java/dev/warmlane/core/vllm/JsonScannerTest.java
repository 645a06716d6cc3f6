package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

class JsonScannerTest {
    private static final JsonMapper JACKSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .build();

    @Property(tries = 20_000)
    void acceptsExactlyWhatJacksonAccepts(@ForAll("almostJson") String text) {
        assertThat(isAccepted(text)).as(text).isEqualTo(isAcceptedByJackson(text));
    }

    @Provide
    Arbitrary<String> almostJson() {
        return Arbitraries.of(
                        "{", "}", "[", "]", ",", ":", "\"a\"", "\"a\":", "\"", "\\", "\\n", "\\u00e9", "u12", "true",
                        "nul", "null", "0", "12", "-", ".5", "e+1", "E", " ", "\n", "é")
                .list()
                .ofMaxSize(9)
                .map(parts -> String.join("", parts));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    [1,]            | 3  | a value
                    {"a" 1}         | 5  | a colon
                    {"a":1,}        | 7  | a key
                    {a:1}           | 1  | a key
                    [1 2]           | 3  | a comma or the end of the object or array
                    "ab             | 3  | the end of a string
                    "a\\x"          | 2  | an escape
                    "a\\u00g0"      | 2  | an escape
                    [01]            | 3  | no leading zero
                    1.              | 2  | a digit
                    [               | 1  | more text
                    tru             | 0  | a value
                    {} {}           | 3  | the end
                    """)
    void saysWhereAndWhatWasExpected(String text, int offset, String expected) {
        assertThatThrownBy(() -> scan("xx" + text, 2))
                .isInstanceOf(MalformedJsonException.class)
                .hasMessage("JSON at byte %d: malformed (expected: %s)", offset, expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[NaN, Infinity, -Infinity]", "\"line\nbreak\"", "\uFEFF {}"})
    void acceptsWhatTheEngineMayAccept(String text) {
        assertThatCode(() -> scan(text, 0)).doesNotThrowAnyException();
    }

    @Test
    void refusesNestingBeyondItsLimitWithoutRecursion() {
        int limit = JsonScanner.MAX_DEPTH;
        assertThatCode(() -> scan("[{\"a\":".repeat(limit / 2) + 1 + "}]".repeat(limit / 2), 0))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> scan("[".repeat(1_000_000), 0)).hasMessageContaining("at most 512 levels");
    }

    @Test
    void refusesEndlessNumbers() {
        assertThatThrownBy(() -> scan("1".repeat(2_000), 0)).hasMessageContaining("at most 1024 characters");
    }

    @Test
    void countsWhiteSpaceBetweenTokensOnly() {
        byte[] bytes = " [1, \"a b\",\n {\"k\" : 2} ] ".getBytes(UTF_8);
        JsonScanner scanner = new JsonScanner(bytes);
        scanner.skipValue();
        assertThat(scanner.tokenSurplus()).isEqualTo(6);
        assertThat(new String(bytes, scanner.tokenStart(), scanner.tokenEnd() - scanner.tokenStart(), UTF_8))
                .isEqualTo("[1, \"a b\",\n {\"k\" : 2} ]");
    }

    @Test
    void decodesEscapes() {
        byte[] bytes = "\"meta\\/llama \\u00e9\\ud83d\\ude00\\n\\\\\\\"\"".getBytes(UTF_8);
        JsonScanner scanner = new JsonScanner(bytes);
        scanner.skipValue();
        assertThat(scanner.tokenText(100)).isEqualTo("meta/llama é😀\n\\\"");
    }

    private static void scan(String text, int offset) {
        byte[] bytes = text.getBytes(UTF_8);
        JsonScanner scanner = new JsonScanner(bytes, offset, bytes.length - offset);
        scanner.skipValue();
        scanner.expectEnd();
    }

    private static boolean isAccepted(String text) {
        try {
            scan(text, 0);
            return true;
        } catch (MalformedJsonException malformed) {
            return false;
        }
    }

    private static boolean isAcceptedByJackson(String text) {
        try {
            return !JACKSON.readTree(text).isMissingNode();
        } catch (JacksonException malformed) {
            return false;
        }
    }
}
