package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.ChatFormat.CompletionFormat;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.VllmApi.ModelPages;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import io.netty.channel.DefaultEventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the formats write, byte for byte against bodies of vLLM's own response classes. */
class WireFormatTest {
    private static final ResponseFormat.Head HEAD = new ResponseFormat.Head("U", 1, "m", true, null);
    private static final ResponseFormat.Usage USAGE = new ResponseFormat.Usage(20, 2, 16);

    @ParameterizedTest
    @ValueSource(strings = {"v0.10.0", "HEAD"})
    void chatsAsVllmDoes(String generation) throws IOException {
        Map<String, String> expected = fixtures(generation);
        ChatFormat chat = new ChatFormat(version(generation));
        assertThat(data(chat.begin(HEAD, 20))).isEqualTo(expected.get("chat first"));
        assertThat(data(chat.token(HEAD, "Hi", null))).isEqualTo(expected.get("chat delta"));
        assertThat(data(chat.token(HEAD, "!", "stop"))).isEqualTo(expected.get("chat final"));
        assertThat(chat.end(HEAD, "Hi!", "stop", USAGE))
                .isEqualTo("data: " + expected.get("chat usage chunk") + "\n\ndata: [DONE]\n\n");
        assertThat(chat.whole(HEAD, "Hi!", "stop", USAGE)).isEqualTo(expected.get("chat full"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v0.10.0", "HEAD"})
    void completesAsVllmDoes(String generation) throws IOException {
        Map<String, String> expected = fixtures(generation);
        CompletionFormat completion = new CompletionFormat(version(generation));
        assertThat(completion.begin(HEAD, 20)).isEmpty();
        assertThat(data(completion.token(HEAD, "Hi", null))).isEqualTo(expected.get("cmpl delta"));
        assertThat(completion.end(HEAD, "Hi", "stop", USAGE))
                .isEqualTo("data: " + expected.get("cmpl usage") + "\n\ndata: [DONE]\n\n");
        assertThat(completion.whole(HEAD, "Hi!", "length", USAGE)).isEqualTo(expected.get("cmpl full"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v0.10.0", "HEAD"})
    void refusesAsVllmDoes(String generation) throws IOException {
        assertThat(ApiException.unknownModel("x").body(version(generation)))
                .isEqualTo(fixtures(generation).get("HTTP error body"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v0.10.0", "HEAD"})
    void listsModelsAsVllmDoes(String generation) throws IOException {
        ServerOptions options =
                ServerOptions.DEFAULTS.withModels(new ServerOptions.Models("m", List.of("lora1"), 4096));
        EngineDriver driver = new EngineDriver(
                new SimulatedEngine(options.engine(), options.cache()), new DefaultEventLoop(), System::nanoTime);
        EngineRanks engines =
                new EngineRanks(1, () -> new EngineRanks.Rank(driver, new MetricsPage.RequestHistograms(options)));
        String models = new ModelPages(options, new LoadedModels(options.models(), engines), 1)
                .models()
                .toString()
                .replaceAll("modelperm-[0-9a-f]{16}", "modelperm-U")
                .replace("\"root\":\"m\"", "\"root\":\"/models/m\"")
                .replace("\"root\":\"/loras/lora1\"", "\"root\":\"/l\"");
        assertThat(models).isEqualTo(fixtures(generation).get("models"));
    }

    private static VllmVersion version(String generation) {
        return generation.equals("HEAD") ? VllmVersion.NEWEST : VllmVersion.parse(generation);
    }

    private static String data(String event) {
        assertThat(event).startsWith("data: ").endsWith("\n\n");
        return event.substring("data: ".length(), event.length() - 2);
    }

    /** The lines {@code name: JSON} below {@code ===== generation}. */
    private static Map<String, String> fixtures(String generation) throws IOException {
        Map<String, String> bodies = new HashMap<>();
        boolean wanted = false;
        for (String line : Fixtures.read("wire-json.txt").split("\n")) {
            int colon = line.indexOf(": ");
            if (line.startsWith("===== ")) {
                wanted = line.endsWith(generation);
            } else if (wanted && colon > 0) {
                bodies.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return bodies;
    }

    /** Files below {@code src/test/resources/vllm}. */
    static final class Fixtures {
        private Fixtures() {}

        static String read(String name) throws IOException {
            try (InputStream in = Fixtures.class.getResourceAsStream("/vllm/" + name)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}
