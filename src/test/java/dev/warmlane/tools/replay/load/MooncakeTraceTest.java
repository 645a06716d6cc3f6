package dev.warmlane.tools.replay.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MooncakeTraceTest {
    @TempDir
    private Path directory;

    private static List<LoadRequest> conversation() throws IOException {
        return new MooncakeTrace(Path.of("src/test/resources/replay/conversation.jsonl"), false)
                .read()
                .arrivals();
    }

    @Test
    void readsTimesAndLengths() throws IOException {
        assertThat(conversation())
                .extracting(LoadRequest::delayNanos)
                .containsExactly(0L, 1_000_000_000L, 9_000_000_000L, 12_000_000_000L, 15_000_000_000L);
        assertThat(conversation()).extracting(LoadRequest::promptTokens).containsExactly(1300, 1100, 2200, 700, 2700);
        assertThat(conversation()).extracting(LoadRequest::outputTokens).containsExactly(400, 10, 1, 30, 30);
    }

    @Test
    void sharingTwoBlocksMakesASessionAndSharingTheSystemPromptDoesNot() throws IOException {
        assertThat(conversation()).extracting(LoadRequest::session).containsExactly(0, 1, 0, 2, 0);
    }

    @Test
    void thePromptHasFullBlocksOnly() throws IOException {
        assertThat(conversation().get(2).prompt().length()).isEqualTo(4);
        assertThat(conversation().get(2).prompt().bytes()).isEqualTo(8800);
    }

    @Test
    void theNextTurnTellsTheBlocksOfTheAnswer() throws IOException {
        // 1,300 + 400 tokens fill three blocks, of which the next turn shows that the third is number 5.
        assertThat(conversation().get(0).blockHashes()).containsExactly(0, 1, 5);
        assertThat(conversation().get(1).blockHashes()).containsExactly(0, 3);
        assertThat(conversation().get(4).blockHashes()).containsExactly(0, 1, 5, 6, 9);
    }

    @Test
    void sortsByTime() throws IOException {
        Path file = write("""
                {"timestamp": 9, "input_length": 10, "output_length": 1, "hash_ids": [1]}
                {"timestamp": 3, "input_length": 20, "output_length": 1, "hash_ids": [2]}
                """);
        assertThat(new MooncakeTrace(file, false).read().arrivals())
                .extracting(LoadRequest::promptTokens)
                .containsExactly(20, 10);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"timestamp": 0,                                                    | not JSON (expected: one object a line)
                    {}                                                                  | input_length: missing (expected: a whole number from 1 to 2147483647)
                    {"input_length": 0}                                                 | input_length: 0 (expected: a whole number from 1 to 2147483647)
                    {"input_length": "x"}                                               | input_length: "x" (expected: a whole number from 1 to 2147483647)
                    {"input_length": 9999999999}                                        | input_length: 9999999999 (expected: a whole number from 1 to 2147483647)
                    {"input_length": 1024, "hash_ids": [1]}                             | hash_ids: 1 (expected: >= 2, one for each 512 prompt tokens)
                    {"input_length": 9, "hash_ids": ["x"]}                              | hash_ids: "x" (expected: whole numbers of 64 bits)
                    {"input_length": 9, "hash_ids": [1.5]}                              | hash_ids: 1.5 (expected: whole numbers of 64 bits)
                    {"input_length": 9, "hash_ids": [], "timestamp": -1}                | timestamp: -1 (expected: a whole number from 0 to 2147483647)
                    {"input_length": 9, "hash_ids": [], "timestamp": 1, "output_length": 1.5} | output_length: 1.5 (expected: a whole number from 0 to 2147483647)
                    """)
    void saysWhichLineMakesNoSenseAndWhy(String line, String problem) throws IOException {
        Path file = write("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1, \"hash_ids\": []}\n" + line);
        assertThatThrownBy(() -> new MooncakeTrace(file, false).read())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ":2: " + problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n"})
    void aByteOrderMarkBeforeTheFirstLineMeansNothing(String between) throws IOException {
        Path file = write("\uFEFF" + between
                + "{\"timestamp\": 0, \"input_length\": 7, \"output_length\": 1, \"hash_ids\": []}\n");
        assertThat(new MooncakeTrace(file, false).read().arrivals())
                .extracting(LoadRequest::promptTokens)
                .containsExactly(7);
    }

    @Test
    void anEmptyTraceIsRefused() throws IOException {
        Path file = write("\n");
        assertThatThrownBy(() -> new MooncakeTrace(file, false).read())
                .hasMessage("load trace.jsonl: 0 requests (expected: >= 1)");
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("trace.jsonl"), text);
    }
}
