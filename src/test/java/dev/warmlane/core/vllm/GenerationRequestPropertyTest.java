package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.json.JsonMapper;

/** Compares the reader with {@link ReferencePrompt}, which builds the canonical prompt from a tree. */
class GenerationRequestPropertyTest {
    private static final JsonMapper JACKSON = JsonMapper.builder().build();

    @Property
    void readsWhatTheReferenceReads(@ForAll("bodies") Map<String, Object> body) {
        byte[] json = JACKSON.writeValueAsBytes(body);
        GenerationRequest request = GenerationRequest.parse(json);
        assertThat(request.model()).isEqualTo("".equals(body.get("model")) ? null : body.get("model"));
        assertThat(request.stream()).isEqualTo(body.getOrDefault("stream", false));
        assertThat(canonical(request)).isEqualTo(ReferencePrompt.of(JACKSON.readTree(json)));
        assertThat(GenerationRequest.modelOf(json)).isEqualTo(request.model());
    }

    @Property
    void ignoresWhiteSpaceAndTheOrderOfKeys(@ForAll("bodies") Map<String, Object> body, @ForAll long seed) {
        byte[] json = JACKSON.writeValueAsBytes(body);
        byte[] shuffled = JACKSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(shuffle(body, new Random(seed)));
        assertThat(canonical(GenerationRequest.parse(shuffled))).isEqualTo(canonical(GenerationRequest.parse(json)));
    }

    @Property
    void refusesEveryTruncationAndThrowsNothingElse(@ForAll("bodies") Map<String, Object> body, @ForAll short cut) {
        byte[] json = JACKSON.writeValueAsBytes(body);
        assertThat(isAccepted(Arrays.copyOf(json, (cut & 0x7FFF) % json.length)))
                .isFalse();
    }

    @Property
    void throwsNothingElseOnDamage(@ForAll("bodies") Map<String, Object> body, @ForAll short at, @ForAll byte damage) {
        byte[] json = JACKSON.writeValueAsBytes(body);
        json[(at & 0x7FFF) % json.length] = damage;
        isAccepted(json);
    }

    @Property
    void throwsNothingElseOnRandomBytes(@ForAll byte[] bytes) {
        isAccepted(bytes);
    }

    @Provide
    Arbitrary<Map<String, Object>> bodies() {
        Arbitrary<List<Map<String, Object>>> messages = messages().list().ofMaxSize(5);
        Arbitrary<Object> prompts = Arbitraries.oneOf(
                texts().map(text -> (Object) text),
                texts().list().ofMinSize(1).ofMaxSize(3).map(list -> (Object) list),
                Arbitraries.integers().list().ofMaxSize(5).map(list -> (Object) list));
        return Combinators.combine(
                        texts(),
                        texts(),
                        messages,
                        prompts,
                        others(),
                        Arbitraries.integers().between(0, 127))
                .as((model, system, list, prompt, other, parts) -> {
                    Map<String, Object> body = new LinkedHashMap<>();
                    put(body, (parts & 1) != 0, "temperature", other);
                    put(body, (parts & 2) != 0, "messages", list);
                    put(body, (parts & 2) == 0, "prompt", prompt);
                    put(body, (parts & 4) != 0, "stream", (parts & 1) != 0);
                    put(body, (parts & 8) != 0, "system", system);
                    put(body, (parts & 16) != 0, "model", model);
                    put(body, (parts & 32) != 0, "tools", List.of(other));
                    put(body, (parts & 64) != 0, "cache_salt", system);
                    return body;
                });
    }

    private static Arbitrary<Map<String, Object>> messages() {
        Arbitrary<List<Map<String, Object>>> parts =
                texts().map(text -> Map.<String, Object>of("text", text)).list().ofMaxSize(3);
        return Combinators.combine(
                        texts(),
                        texts(),
                        parts,
                        others(),
                        Arbitraries.integers().between(0, 63))
                .as((role, text, list, other, members) -> {
                    Map<String, Object> message = new LinkedHashMap<>();
                    put(message, (members & 1) != 0, "tool_calls", List.of(other));
                    put(message, (members & 2) != 0, "unknown", other);
                    put(message, (members & 4) != 0, "content", (members & 8) != 0 ? text : list);
                    put(message, (members & 16) != 0, "role", role);
                    put(message, (members & 32) != 0, "name", null);
                    return message;
                });
    }

    private static Arbitrary<Object> others() {
        Arbitrary<Object> scalars = Arbitraries.oneOf(
                texts().map(text -> (Object) text),
                Arbitraries.integers().map(number -> (Object) number),
                Arbitraries.doubles().map(number -> (Object) number),
                Arbitraries.of(true, false));
        return Arbitraries.lazyOf(
                () -> scalars,
                () -> scalars.list().ofMaxSize(3).map(list -> (Object) list),
                () -> scalars.map(value -> (Object) Map.of("k", List.of(value, Map.of()))));
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withChars('a', ' ', '"', '\\', '\n', '\u0001', 'é', '{', ']', ',')
                .ofMaxLength(40);
    }

    private static void put(Map<String, Object> object, boolean present, String key, Object value) {
        if (present) {
            object.put(key, value);
        }
    }

    /** The same members of the body and of its messages in another order. */
    private static Map<String, Object> shuffle(Map<String, Object> object, Random random) {
        List<String> keys = new ArrayList<>(object.keySet());
        Collections.shuffle(keys, random);
        Map<String, Object> shuffled = new LinkedHashMap<>();
        for (String key : keys) {
            Object value = object.get(key);
            shuffled.put(key, key.equals("messages") ? shuffleAll((List<?>) value, random) : value);
        }
        return shuffled;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> shuffleAll(List<?> messages, Random random) {
        List<Object> shuffled = new ArrayList<>();
        messages.forEach(message -> shuffled.add(shuffle((Map<String, Object>) message, random)));
        return shuffled;
    }

    private static boolean isAccepted(byte[] bytes) {
        try {
            GenerationRequest.parse(bytes);
            return true;
        } catch (MalformedJsonException malformed) {
            return false;
        }
    }

    private static String canonical(GenerationRequest request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.prompt().writeTo(bytes::write, null);
        assertThat(request.promptBytes()).isEqualTo(bytes.size());
        return bytes.toString(UTF_8);
    }
}
