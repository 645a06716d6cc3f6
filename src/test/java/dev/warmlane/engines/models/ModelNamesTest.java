package dev.warmlane.engines.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.engines.models.ModelNames.Resolved;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelNamesTest {
    private static final int SESSIONS = 10_000;

    private final ModelNamesFile file = new ModelNamesFile(Set.of("main", "canary"));

    @Test
    void anAliasStandsForItsTargetAndFallsBackInOrder() {
        ModelNames names =
                parse("names: [{name: chat, targets: large, fallback: [medium, {model: large, pool: canary}]}]");
        assertThat(resolve(names, "chat", 1)).extracting(Resolved::model).containsExactly("large", "medium", "large");
        assertThat(resolve(names, "chat", 1)).extracting(Resolved::pool).containsExactly(null, null, "canary");
        assertThat(names.find("large")).isNull();
    }

    @Test
    void aNameOfANameTellsTheWholePath() {
        ModelNames names = parse("""
                names:
                  - {name: gpt-4o, targets: chat, fallback: chat}
                  - {name: chat, targets: large, fallback: small}
                """.replace(", fallback: chat", ", fallback: tiny"));
        assertThat(resolve(names, "gpt-4o", 1))
                .extracting(Resolved::path)
                .containsExactly(
                        List.of("gpt-4o", "chat", "large"),
                        List.of("gpt-4o", "chat", "small"),
                        List.of("gpt-4o", "tiny"));
    }

    @Test
    void aSplitHasItsWeightsOverSessionsAndIsTheSameInEveryProcess() {
        ModelNames one = parse(split(95, 5));
        ModelNames other = parse(split(95, 5));
        long canary = IntStream.range(0, SESSIONS)
                .filter(i -> first(one, i).equals("v2"))
                .peek(i -> assertThat(first(other, i)).isEqualTo("v2"))
                .count();
        assertThat(canary / (double) SESSIONS).isBetween(.045, .055);
    }

    @Test
    void aSplitThatIsChangedMovesNoSessionButThoseItMust() {
        ModelNames before = parse(split(95, 5));
        ModelNames after = parse(split(80, 20));
        assertThat(IntStream.range(0, SESSIONS)
                        .filter(i ->
                                first(before, i).equals("v2") && first(after, i).equals("v1")))
                .isEmpty();
    }

    @Test
    void aWeightOfNothingGetsNothing() {
        ModelNames names = parse(split(0, 1));
        assertThat(IntStream.range(0, 100)).allMatch(i -> first(names, i).equals("v2"));
    }

    @Test
    void aMirrorHasItsLimits() {
        ModelNames names = parse(
                "names: [{name: chat, targets: large, mirror: {model: large, pool: canary, percent: 5, max-in-flight: 2, timeout: 5s}}]");
        assertThat(names.find("chat").mirror().share()).isEqualTo(.05);
        assertThat(names.find("chat").mirror().maxInFlight()).isEqualTo(2);
        assertThat(names.find("chat").mirror().timeout()).hasSeconds(5);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            names: [{name: a, targets: [{model: m, weight: 0}]}] | weights that sum to 0
            names: [{name: a, targets: b}, {name: b, targets: c}, {name: c, targets: m, fallback: a}] | a leads to itself: a -> b -> c -> a
            names: [{name: a, targets: a}] | a leads to itself
            names: [{name: a, targets: m, fallback: a}] | names[0].fallback: a (expected: another than itself)
            names: [{name: a, targets: m, fallback: m}] | names[0].fallback: m (expected: another than its target)
            names: [{name: served, targets: m}] | names[0].name: served (expected: a name that is no model of pool main)
            names: [{name: a, targets: m}, {name: a, targets: n}] | name: a (expected: a name that no other has)
            names: [{name: a, targets: [m, m]}] | names[0].targets: m (expected: each once)
            names: [{name: a, targets: {model: m, pool: nowhere}}] | names[0].targets.pool: nowhere (expected: one of canary, main)
            names: [{name: a, targets: {model: m, weight: -1}}] | names[0].targets.weight: -1
            names: [{name: a, targets: {model: m, wait: 1}}] | names[0].targets.wait: unknown
            names: [{name: a}] | names[0].targets: none
            names: [{targets: m}] | names[0].name: missing
            names: [{name: a, targets: m, mirror: {model: b}}, {name: b, targets: n}] | mirror of a: b (expected: a model
            names: [{name: a, targets: m, mirror: {model: n, timeout: soon}}] | names[0].mirror.timeout: soon
            names: [{name: a, targets: m, mirror: {model: n, percent: 101}}] | names[0].mirror.percent: 101
            names: [{name: &a [[*a]], targets: m}] | names[0].name: a list (expected: a text)
            names: [{name: a, targets: m, fallback: {model: {b: c}}}] | names[0].fallback.model: a map (expected: a text)
            name: a | names: missing
            '[' | not YAML
            """)
    void whatCannotBeFollowedIsNamed(String yaml, String problem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.parse(yaml.getBytes(UTF_8), Map.of("served", "main")))
                .withMessageContaining(problem);
    }

    private static String split(int first, int second) {
        return "names: [{name: chat, targets: [{model: v1, weight: %d}, {model: v2, weight: %d}]}]"
                .formatted(first, second);
    }

    private static String first(ModelNames names, int session) {
        long key =
                AffinityKey.of("chat", KeySource.SESSION, "session-" + session).hash();
        return resolve(names, "chat", key).get(0).model();
    }

    private static List<Resolved> resolve(ModelNames names, String name, long key) {
        return names.resolve(names.find(name), () -> key);
    }

    private ModelNames parse(String yaml) {
        return file.parse(yaml.getBytes(UTF_8), Map.of());
    }
}
