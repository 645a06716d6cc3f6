package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.NotFoundException;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.StoringEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's clients over two pools, by the models' own names and by others. */
@Tag("processes")
class ModelNamesSdkIT {
    private static final Path SDK = Path.of("src/test/sdk");

    @TempDir
    private Path folder;

    private StoringEngine first;
    private StoringEngine second;
    private RunningGateway gateway;

    @BeforeEach
    void start() throws IOException {
        first = StoringEngine.start("first", "small");
        second = StoringEngine.start("second", "large");
        Path names = Files.writeString(
                folder.resolve("names.yaml"),
                "names: [{name: chat, targets: [{model: small, weight: 0}, large]}, {name: org/hear, targets: small}]");
        gateway = RunningGateway.start(
                "warmlane.pools[0].name=one",
                "warmlane.pools[0].endpoints=" + first.uri(),
                "warmlane.pools[1].name=other",
                "warmlane.pools[1].endpoints=" + second.uri(),
                "warmlane.model-names.file=" + names);
        await().untilAsserted(() ->
                assertThat(gateway.bean(ServedModels.class).catalog().models()).contains("small", "large"));
    }

    @AfterEach
    void stop() {
        gateway.close();
        first.close();
        second.close();
    }

    @Test
    void everyCaseOfTheScriptForNodeHolds() throws Exception {
        assumeTrue(Files.exists(SDK.resolve("node_modules/openai")), "SKIPPED: run npm ci in " + SDK + " first");
        Path output = folder.resolve("node.txt");
        ProcessBuilder node = new ProcessBuilder("node", "--test", "models.test.js")
                .directory(SDK.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        node.environment().put("NAMED_URL", gateway.uri("/v1").toString());
        Process process = node.start();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(ended).as(Files.readString(output)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    }

    @Test
    void theClientForJavaGetsAlong() throws IOException {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(gateway.uri("/v1").toString())
                .apiKey("any")
                .maxRetries(0)
                .build();
        try {
            assertThat(client.chat()
                            .completions()
                            .create(ChatCompletionCreateParams.builder()
                                    .model("chat")
                                    .addUserMessage("hi")
                                    .build())
                            .choices()
                            .get(0)
                            .message()
                            .content())
                    .contains("second");
            Path speech = Files.write(folder.resolve("speech.wav"), new byte[100_000]);
            assertThat(client.audio()
                            .transcriptions()
                            .create(TranscriptionCreateParams.builder()
                                    .file(speech)
                                    .model("org/hear")
                                    .build())
                            .asTranscription()
                            .text())
                    .startsWith("first heard 1");
            for (String model : List.of("chat", "small", "large")) {
                Response made = client.responses()
                        .create(ResponseCreateParams.builder()
                                .model(model)
                                .input("hi")
                                .build());
                assertThat(client.responses().retrieve(made.id()).id()).isEqualTo(made.id());
                assertThat(client.responses().cancel(made.id()).id()).isEqualTo(made.id());
            }
            assertThatThrownBy(() -> client.responses().retrieve("resp_none")).isInstanceOf(NotFoundException.class);
        } finally {
            client.close();
        }
    }
}
