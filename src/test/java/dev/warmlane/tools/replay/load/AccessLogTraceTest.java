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

class AccessLogTraceTest {
    private static final String SERVED = "\"endpoint\": \"a\", \"status\": 200, ";

    @TempDir
    private Path directory;

    private List<LoadRequest> read(String... lines) throws IOException {
        return new AccessLogTrace(write(lines), null).read().arrivals();
    }

    private Path write(String... lines) throws IOException {
        return Files.writeString(directory.resolve("access.log"), String.join("\n", lines));
    }

    private static String line(int second, String session, int tokens, int bytes, String hashes) {
        return """
                {"timestamp": "2026-01-31T12:00:%02d.250Z", %s "pool": "chat", "session": %s, "input_length": %d, \
                "output_length": 30, "prompt_bytes": %d, "hash_ids": [%s]}""".formatted(second, SERVED, session, tokens, bytes, hashes);
    }

    @Test
    void startsWithTheFirstThatCameWhicheverEndedFirst() throws IOException {
        assertThat(read(line(9, "1", 600, 2400, "7"), line(5, "1", 500, 2000, "")))
                .extracting(LoadRequest::delayNanos)
                .containsExactly(0L, 4_000_000_000L);
    }

    @Test
    void aSessionIsWhatTheLogSaysAndElseWhatSharesAPrefix() throws IOException {
        String nameless = line(4, "9", 1100, 4400, "1,2").replace("\"session\": 9, ", "");
        assertThat(read(
                        line(1, "8", 600, 2400, "5"),
                        line(2, "7", 1100, 4400, "1,2"),
                        line(3, "8", 600, 2400, "6"),
                        nameless))
                .extracting(LoadRequest::session)
                .containsExactly(0, 1, 0, 1);
    }

    @Test
    void promptsShareTheBlocksWhoseBytesTheyShare() throws IOException {
        // At 3 bytes a token for all, blocks of 512 tokens end at 1,536, 3,072 and 4,608 bytes: nearest to hashes 1, 2
        // and 2.
        List<LoadRequest> requests = read(line(1, "1", 1600, 4800, "10,20"), line(2, "2", 1600, 4800, "10,30"));
        long[] first = requests.get(0).blockHashes();
        long[] second = requests.get(1).blockHashes();
        assertThat(first).hasSize(3).doesNotHaveDuplicates();
        assertThat(second[0]).isEqualTo(first[0]);
        assertThat(second).doesNotContain(first[1], first[2]);
    }

    @Test
    void whatIsBehindTheLastHashIsSharedWithNone() throws IOException {
        List<LoadRequest> requests = read(line(1, "1", 1100, 4400, "10"), line(2, "2", 1100, 4400, "10"));
        assertThat(requests.get(1).blockHashes()[0]).isEqualTo(requests.get(0).blockHashes()[0]);
        assertThat(requests.get(1).blockHashes()[1])
                .isNotEqualTo(requests.get(0).blockHashes()[1]);
    }

    @Test
    void theNextTurnTellsTheBlocksOfTheAnswer() throws IOException {
        List<LoadRequest> requests = read(line(1, "1", 1030, 4120, "10,20"), line(2, "1", 1600, 6400, "10,20,30"));
        assertThat(requests.get(0).blockHashes()).hasSize(2);
        assertThat(requests.get(1).blockHashes()).startsWith(requests.get(0).blockHashes());
    }

    @Test
    void leavesOutWhatNoEndpointServed() throws IOException {
        String served = line(1, "1", 600, 2400, "5");
        assertThat(read(
                        served,
                        served.replace("200", "503"),
                        served.replace("\"endpoint\": \"a\", ", ""),
                        served.replace("hash_ids", "other"),
                        served.replace("\"status\": 200, ", "")))
                .as("the last was left by its client")
                .hasSize(2);
    }

    @Test
    void anAnswerThatNeverCameHasOneToken() throws IOException {
        assertThat(read(line(1, "1", 600, 2400, "5").replace("\"output_length\": 30, ", "")))
                .extracting(LoadRequest::outputTokens)
                .containsExactly(1);
    }

    @Test
    void aLogOfSeveralPoolsIsReplayedOneByOne() throws IOException {
        String chat = line(1, "1", 600, 2400, "5");
        Path log = write(chat, chat.replace("chat", "code"), chat);
        assertThat(new AccessLogTrace(log, "chat").read().size()).isEqualTo(2);
        assertThatThrownBy(() -> new AccessLogTrace(log, null).read())
                .hasMessage("pool: not given (expected: one of [chat, code])");
        assertThatThrownBy(() -> new AccessLogTrace(log, "embed").read())
                .hasMessage("pool: embed (expected: one of [chat, code])");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    2026-01-31T12:00:01.250Z | now | timestamp: "now" (expected: an instant such as 2026-01-31T12:00:00.000Z)
                    600                      | -1  | input_length: -1 (expected: a whole number from 1 to 2147483647)
                    2400                     | 0   | prompt_bytes: 0 (expected: a whole number from 1 to 2147483647)
                    30                       | 1.5 | output_length: 1.5 (expected: a whole number from 0 to 2147483647)
                    """)
    void saysWhichLineMakesNoSenseAndWhy(String value, String other, String problem) throws IOException {
        String good = line(1, "1", 600, 2400, "5");
        Path log = write(good, good.replace(value, other));
        assertThatThrownBy(() -> new AccessLogTrace(log, null).read()).hasMessage(log + ":2: " + problem);
    }
}
