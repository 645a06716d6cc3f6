package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.TopLevelMembers.NestedMembers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class TopLevelMembersTest {
    private static final Map<String, String> SALT = Map.of("cache_salt", "ours");
    private static final NestedMembers NOTHING = new NestedMembers(List.of());

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | {\"cache_salt\":\"ours\"}",
                "\uFEFF{} | {\"cache_salt\":\"ours\"}",
                "{\"a\":1} | {\"cache_salt\":\"ours\",\"a\":1}",
                " { \"a\" : [1, {\"b\": 2}] , \"c\":null }  | {\"cache_salt\":\"ours\",\"a\" : [1, {\"b\": 2}],\"c\":null}",
                "{\"cache_salt\":\"theirs\",\"a\":1} | {\"cache_salt\":\"ours\",\"a\":1}",
                "{\"a\":1,\"cache_salt\":{\"x\":[]}} | {\"cache_salt\":\"ours\",\"a\":1}",
                "{\"cache_salt\":1,\"a\":1,\"cache_salt\":2} | {\"cache_salt\":\"ours\",\"a\":1}",
                "{\"cache\\u005fsalt\":1,\"\\u0063ache_salt\":2} | {\"cache_salt\":\"ours\"}",
                "{\"m\":{\"cache_salt\":1}} | {\"cache_salt\":\"ours\",\"m\":{\"cache_salt\":1}}",
                "{\"Cache_salt\":1,\"cache_salt \":2} | {\"cache_salt\":\"ours\",\"Cache_salt\":1,\"cache_salt \":2}"
            })
    void whateverTheClientSaysOurMemberIsTheOnlyOne(String body, String expected) {
        assertThat(replace(body)).isEqualTo(expected);
    }

    @Test
    void membersCanBeLeftOut() {
        byte[] body = "{\"a\":1,\"kv_transfer_params\":{},\"b\":2}".getBytes(UTF_8);
        assertThat(new String(
                        TopLevelMembers.replace(body, Set.of("kv_transfer_params"), Map.of(), NOTHING, name -> {}),
                        UTF_8))
                .isEqualTo("{\"a\":1,\"b\":2}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"text\"",
                "{",
                "{\"a\":1",
                "{\"a\":1}}",
                "{\"a\":1}{}",
                "{a:1}",
                "{\"a\" 1}",
                "{\"a\":1,}",
                "{\u0000}",
                "{\"a\":'1'}",
                "{\"a\":1} // comment"
            })
    void whatIsNotOneObjectIsRefused(String body) {
        assertThatThrownBy(() -> replace(body)).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void whatIsSoughtIsFoundOnTheWayAndKept() {
        byte[] body = "{\"a\":{\"b\":1 , \"x\":[2]} ,\"c\":3}".getBytes(UTF_8);
        List<String> found = new ArrayList<>();
        byte[] replaced =
                TopLevelMembers.replace(body, Set.of(), SALT, new NestedMembers(List.of("a.b", "c")), found::add);
        assertThat(found).containsExactly("a.b");
        assertThat(new String(replaced, UTF_8))
                .isEqualTo("{\"cache_salt\":\"ours\",\"a\":{\"b\":1 , \"x\":[2]},\"c\":3}");
    }

    @Test
    void asManyMembersAsThereMayBeAreKeptAndOneMoreIsRefused() {
        String most = "\"\":0,".repeat(TopLevelMembers.MAX_MEMBERS - 1) + "\"a\":1}";
        assertThat(replace("{" + most)).isEqualTo("{\"cache_salt\":\"ours\"," + most);
        assertThatThrownBy(() -> replace("{\"b\":1," + most))
                .isInstanceOf(MalformedJsonException.class)
                .hasMessageContaining("at most 10000 members");
    }

    @Test
    void aNameOfEscapesAloneIsKnown() {
        String escaped = "cache_salt"
                .chars()
                .mapToObj(c -> "\\u%04x".formatted(Integer.valueOf(c)))
                .collect(Collectors.joining());
        assertThat(replace("{\"" + escaped + "\":1}")).isEqualTo("{\"cache_salt\":\"ours\"}");
    }

    @Property(tries = 300)
    void allElseStaysAsItWas(@ForAll("objects") ObjectNode object) {
        JsonNode replaced = JsonMapper.shared().readTree(replace(object.toPrettyString()));
        ObjectNode expected = object.deepCopy();
        expected.put("cache_salt", "ours");
        assertThat(replaced).isEqualTo(expected);
    }

    @Provide
    Arbitrary<ObjectNode> objects() {
        Arbitrary<String> keys = Arbitraries.of("cache_salt", "model", "prompt", "größe", "a\"b", "");
        Arbitrary<String> values = Arbitraries.of(
                "1",
                "-0.5e3",
                "null",
                "true",
                "\"x\"",
                "\"\\u005f\\\"}\"",
                "[]",
                "[1,[2]]",
                "{}",
                "{\"cache_salt\":[\"}\"]}");
        return Arbitraries.maps(keys, values).ofMaxSize(6).map(members -> {
            ObjectNode object = JsonMapper.shared().createObjectNode();
            members.forEach((key, value) -> object.set(key, JsonMapper.shared().readTree(value)));
            return object;
        });
    }

    private static String replace(String body) {
        return new String(TopLevelMembers.replace(body.getBytes(UTF_8), Set.of(), SALT, NOTHING, name -> {}), UTF_8);
    }
}
