package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.TopLevelMembers.NestedMembers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NestedMembersTest {
    private final NestedMembers members = new NestedMembers(List.of("a.b.c", "a.d", "e"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":{\"b\":{\"c\":1}}}",
                "{\"x\":[1],\"a\":{\"b\":{\"x\":{},\"c\":{}}}}",
                "{\"a\":{\"b\":[{},{\"c\":\"\"}]}}",
                "{\"a\":[[{\"b\":[[{\"c\":false}]]}]]}",
                "{\"a\":{\"b\":{\"c\":null},\"b\":{\"c\":1}}}",
                "{\"a\":1,\"a\":{\"b\":{\"c\":1}}}",
                "{\"\\u0061\":{\"\\u0062\":{\"\\u0063\":1}}}"
            })
    void findsWhatIsThereHoweverItIsWritten(String body) {
        assertThat(found(body)).isEqualTo("a.b.c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"a\":{\"b\":{\"c\":null}},\"e\":null}",
                "{\"b\":{\"c\":1},\"c\":1,\"d\":1}",
                "{\"a\":{\"c\":1,\"b\":\"c\"}}",
                "{\"a\":[[[{\"d\":1}]]]}",
                "{\"x\":{\"a\":{\"d\":1}}}"
            })
    void findsNothingElse(String body) {
        assertThat(found(body)).isNull();
    }

    @Test
    void saysWhichOfThePathsItIs() {
        assertThat(found("{\"a\":{\"d\":[]}}")).isEqualTo("a.d");
        assertThat(found("{\"e\":0}")).isEqualTo("e");
    }

    @Test
    void refusesWhatIsNoObject() {
        assertThatThrownBy(() -> found("[]")).isInstanceOf(MalformedJsonException.class);
    }

    private @Nullable String found(String body) {
        AtomicReference<@Nullable String> found = new AtomicReference<>();
        TopLevelMembers.replace(body.getBytes(UTF_8), Set.of(), Map.of(), members, found::set);
        return found.get();
    }
}
