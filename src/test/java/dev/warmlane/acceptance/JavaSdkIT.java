package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Sleeper;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.SseException;
import com.openai.models.FunctionDefinition;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SdkEngine;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's client for Java gets along with the gateway. */
class JavaSdkIT {
    private static final String MODEL = "Qwen/Qwen3-0.6B";

    private static SimulatedFleet fleet;
    private static RunningGateway gateway;
    private static SdkEngine engine;
    private static RunningGateway scripted;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(2));
        gateway = RunningGateway.inFrontOf(fleet).ready();
        engine = new SdkEngine();
        scripted = RunningGateway.start("warmlane.endpoints=" + engine.endpoint());
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gateway.uri("/v1").toString())
                .apiKey("any")
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        // Together and last: gateways of one process share their event loops.
        scripted.close();
        gateway.close();
        engine.close();
        fleet.close();
    }

    @Test
    void chatsAndStreamsTheSame() {
        ChatCompletion whole = client.chat().completions().create(chat().build());
        StringBuilder text = new StringBuilder();
        List<CompletionUsage> usage = new CopyOnWriteArrayList<>();
        ChatCompletionStreamOptions options =
                ChatCompletionStreamOptions.builder().includeUsage(true).build();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(chat().streamOptions(options).build())) {
            stream.stream().forEach(chunk -> {
                chunk.choices().forEach(choice -> choice.delta().content().ifPresent(text::append));
                chunk.usage().ifPresent(usage::add);
            });
        }
        assertThat(text.toString())
                .isNotEmpty()
                .isEqualTo(whole.choices().get(0).message().content().orElseThrow());
        assertThat(usage).hasSize(1);
        assertThat(usage.get(0).completionTokens())
                .isEqualTo(whole.usage().orElseThrow().completionTokens());
    }

    @Test
    void callsTools() {
        ChatCompletion answer = client.chat()
                .completions()
                .create(chat().addFunctionTool(
                                FunctionDefinition.builder().name("lookup").build())
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                        .build());
        var call = answer.choices().get(0).message().toolCalls().orElseThrow().get(0);
        assertThat(call.function().orElseThrow().function().name()).isEqualTo("lookup");
    }

    @Test
    void embeds() {
        var answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(MODEL)
                        .input("a KV cache")
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .build());
        assertThat(answer.data().get(0).embedding()).isNotEmpty();
    }

    @Test
    void listsModels() {
        assertThat(client.models().list().data()).extracting(Model::id).containsExactly(MODEL);
    }

    @Test
    void anUnknownModelIsNotFound() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().model("gpt-none").build()))
                .isInstanceOfSatisfying(NotFoundException.class, error -> {
                    assertThat(error.code()).isEqualTo(Optional.of("model_not_found"));
                    assertThat(error.param()).isEqualTo(Optional.of("model"));
                });
    }

    @Test
    void aPromptThatIsTooLongIsABadRequest() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().maxCompletionTokens(10_000_000).build()))
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void triesAgainWhenAndAsTheAnswersSay() {
        NotedSleeps sleeps = new NotedSleeps();
        ChatCompletionCreateParams request = chat().model("m").build();
        OpenAIClient retrying = OpenAIOkHttpClient.builder()
                .baseUrl(scripted.uri("/v1").toString())
                .apiKey("any")
                .sleeper(sleeps)
                .build();

        ChatCompletion second = retrying.chat().completions().create(request);
        assertThat(second.choices().get(0).message().content()).isEqualTo(Optional.of("second"));
        assertThat(sleeps.durations).containsExactly(Duration.ofMillis(123));

        assertThatThrownBy(() -> retrying.chat().completions().create(request))
                .isInstanceOf(InternalServerException.class);

        try (StreamResponse<ChatCompletionChunk> stream =
                retrying.chat().completions().createStreaming(request)) {
            assertThatThrownBy(() -> stream.stream().forEach(chunk -> {}))
                    .isInstanceOfSatisfying(
                            SseException.class,
                            error -> assertThat(error.code()).isEqualTo(Optional.of("upstream_failed")));
        }

        assertThat(engine.retryCounts()).containsExactly("0", "1", "0", "0");
        assertThat(engine.unexpected()).isZero();
        retrying.close();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model(MODEL).addUserMessage("What is a KV cache?");
    }

    /** Sleeps not at all, and notes how long it should have. */
    private static final class NotedSleeps implements Sleeper {
        private final List<Duration> durations = new CopyOnWriteArrayList<>();

        @Override
        public void sleep(Duration duration) {
            durations.add(duration);
        }

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            durations.add(duration);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
    }
}
