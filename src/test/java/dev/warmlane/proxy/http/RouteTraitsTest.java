package dev.warmlane.proxy.http;

import static dev.warmlane.proxy.http.RouteTraits.ALWAYS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.proxy.error.ErrorJson.ErrorFormat;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPatternParser;
import org.yaml.snakeyaml.Yaml;

/** What the routes of the jar say of their paths. */
class RouteTraitsTest {
    private static final RouteTraits PLAIN = new RouteTraits(true, ALWAYS, false, false, false, ErrorFormat.OPENAI);

    @Test
    void aRouteThatSaysNothingIsPlain() {
        assertThat(RouteTraits.of(Map.of())).isEqualTo(PLAIN);
        assertThat(traits("/v1/chat/completions/batch", "/inference/v1/generate"))
                .containsOnly(PLAIN);
    }

    @Test
    void theUsageChunkIsAskedForWhereEnginesSendItOnRequest() {
        assertThat(traits("/v1/chat/completions", "/v1/completions"))
                .containsOnly(new RouteTraits(true, ALWAYS, true, false, false, ErrorFormat.OPENAI));
    }

    @Test
    void responsesAreATenantsOwn() {
        assertThat(traits("/v1/responses", "/v1/responses/{id}", "/v1/responses/{id}/cancel"))
                .containsOnly(new RouteTraits(true, ALWAYS, false, true, false, ErrorFormat.OPENAI));
    }

    @Test
    void tenantsAreNotToldApartWhereEnginesDoNotReadTheSalt() {
        assertThat(traits("/v1/messages"))
                .containsOnly(
                        new RouteTraits(true, new EngineVersion(0, 29), false, false, false, ErrorFormat.ANTHROPIC));
        assertThat(traits("/cohere/v2/chat"))
                .containsOnly(new RouteTraits(true, null, false, false, false, ErrorFormat.COHERE));
        assertThat(traits("/v1/audio/transcriptions", "/v1/audio/translations"))
                .containsOnly(new RouteTraits(false, null, false, false, false, ErrorFormat.OPENAI));
    }

    @Test
    void realtimeGoesOnAsAWebSocket() {
        assertThat(traits("/v1/realtime"))
                .containsOnly(new RouteTraits(true, null, false, false, true, ErrorFormat.OPENAI));
    }

    @Test
    void whatIsNotWorthKeepingWarmGoesByLoad() {
        assertThat(traits("/v1/embeddings", "/pooling", "/v1/rerank", "/tokenize"))
                .containsOnly(new RouteTraits(false, ALWAYS, false, false, false, ErrorFormat.OPENAI));
        assertThat(traits("/v1/messages/count_tokens"))
                .containsOnly(new RouteTraits(false, ALWAYS, false, false, false, ErrorFormat.ANTHROPIC));
    }

    @Test
    void whatRendersAResponseIsNotTakenForOne() {
        PathContainer render = PathContainer.parsePath("/v1/responses/render");
        String taking = byPath().keySet().stream()
                .filter(pattern ->
                        PathPatternParser.defaultInstance.parse(pattern).matches(render))
                .findFirst()
                .orElseThrow();
        assertThat(taking).isEqualTo("/v1/responses/render");
    }

    private static List<RouteTraits> traits(String... paths) {
        Map<String, RouteTraits> byPath = byPath();
        return List.of(paths).stream()
                .map(path -> Objects.requireNonNull(byPath.get(path), path))
                .toList();
    }

    /** In the order in which the routes are asked. */
    private static Map<String, RouteTraits> byPath() {
        Map<String, RouteTraits> byPath = new LinkedHashMap<>();
        for (Map<String, Object> route : routes()) {
            RouteTraits traits = RouteTraits.of(child(route, "metadata"));
            for (String path : String.valueOf(((List<?>) route.get("predicates")).get(0))
                    .replaceFirst("Path=", "")
                    .split(",")) {
                byPath.put(path, traits);
            }
        }
        return byPath;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> routes() {
        try (InputStream in = RouteTraitsTest.class.getResourceAsStream("/gateway/routes.yaml")) {
            Map<String, Object> settings = new Yaml().load(in);
            for (String name : List.of("spring", "cloud", "gateway", "server", "webflux")) {
                settings = child(settings, name);
            }
            return (List<Map<String, Object>>) settings.get("routes");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> child(Map<String, Object> parent, String name) {
        return (Map<String, Object>) parent.getOrDefault(name, Map.of());
    }
}
