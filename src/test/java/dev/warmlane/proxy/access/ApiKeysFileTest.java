package dev.warmlane.proxy.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiKeysFileTest {
    // printf %s first | sha256sum, and so on
    static final String FIRST = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";
    static final String SECOND = "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4";

    @Test
    void knowsKeysByTheirHashes() {
        ApiKeys keys = parse("""
                keys:
                  - name: team-a
                    sha256: %s
                    tenant: acme
                    models: [small, large]
                    requests-per-minute: 60
                    tokens-per-minute: 100000
                    priority: -1
                  - name: team-b
                    sha256: [%s]
                """.formatted(FIRST, SECOND.toUpperCase(java.util.Locale.ROOT)));
        assertThat(keys.find("first"))
                .isEqualTo(new Identity(
                        "team-a",
                        "key:team-a",
                        "tenant:acme",
                        new Allowance(Set.of("small", "large"), 60, 100_000, -1)));
        assertThat(keys.find("second"))
                .isEqualTo(new Identity("team-b", "key:team-b", "key:team-b", Allowance.UNLIMITED));
        assertThat(keys.find("third")).isNull();
        assertThat(keys.find("")).isNull();
        assertThat(keys.find(FIRST)).as("the hash is no key").isNull();
    }

    @Test
    void aKeyThatIsReplacedHasTwoHashesForAWhile() {
        ApiKeys keys = parse("keys: [{name: a, sha256: [%s, %s]}]".formatted(FIRST, SECOND));
        assertThat(keys.find("first")).isNotNull().isEqualTo(keys.find("second"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | keys: missing, empty or not alone (expected: a list `keys` and nothing else)",
                "keys: [] | keys: missing, empty or not alone (expected: a list `keys` and nothing else)",
                "keys: [{name: a, sha256: F} | not YAML, at line 1, column 91 (expected: a list `keys`)",
                "keys: [a] | keys[0]: not a map (expected: name and sha256)",
                "keys: [{name: a}] | keys[0].sha256: missing (expected: a text)",
                "keys: [{sha256: F}] | keys[0].name: missing (expected: a text)",
                "keys: [{name: a, sha256: F, nmae: b}] | keys[0].nmae: unknown (expected: one of models, name, priority, requests-per-minute, sha256, tenant, tokens-per-minute)",
                "keys: [{name: a, sha256: F}, {name: a, sha256: S}] | keys[1].name: a (expected: a name that no other key has)",
                "keys: [{name: a, sha256: F}, {name: b, sha256: F}] | key b: sha256: the hash of another key too (expected: a hash of its own)",
                "keys: [{name: a, sha256: sk-a-real-key}] | key a: sha256: 13 characters (expected: 64 hexadecimal digits)",
                "keys: [{name: a, sha256: F, tokens-per-minute: many}] | keys[0].tokens-per-minute: many (expected: a whole number from 0 to 9223372036854775807)",
                "keys: [{name: a, sha256: F, tokens-per-minute: -1}] | keys[0].tokens-per-minute: -1 (expected: a whole number from 0 to 9223372036854775807)",
                "keys: [{name: a, sha256: F, priority: 3000000000}] | keys[0].priority: 3000000000 (expected: a whole number from -2147483648 to 2147483647)",
                "keys: [{name: a, sha256: F, priority: -9223372036854775808}] | keys[0].priority: -9223372036854775808 (expected: a whole number from -2147483648 to 2147483647)",
                "keys: [{name: a, sha256: F, tokens-per-minute: 18446744073709551621}] | keys[0].tokens-per-minute: 18446744073709551621 (expected: a whole number from 0 to 9223372036854775807)",
                "keys: [{name: a, sha256: F, requests-per-minute: -1}] | keys[0].requests-per-minute: -1 (expected: a whole number from 0 to 9223372036854775807)"
            })
    void whatCannotBeReadIsSaidWithoutShowingAKey(String content, String problem) {
        assertThatThrownBy(() -> parse(content.replace(": F", ": " + FIRST).replace(": S", ": " + SECOND)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(problem.replace("``", "`"));
    }

    private static ApiKeys parse(String content) {
        return ApiKeysFile.parse(content.getBytes(UTF_8));
    }
}
