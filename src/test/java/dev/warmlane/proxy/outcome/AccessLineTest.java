package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AccessLineTest {
    private final Pseudonyms pseudonyms = Pseudonyms.of("salt");

    private String line(AccessRecord request) {
        return new String(new AccessLine(pseudonyms, "gw-a").encode(request), StandardCharsets.UTF_8);
    }

    @Test
    void saysEverythingOfARequestThatWasServed() {
        AffinityKey key = AffinityKey.of("default", KeySource.SESSION, "conversation 7");
        assertThat(line(Records.served(key)))
                .isEqualTo(
                        ("{\"timestamp\":\"2026-02-02T02:40:00.123Z\",\"request_id\":\"id-1\",\"replica\":\"gw-a\",\"client\":\"team-a\",\"route\":\"generation\","
                                        + "\"pool\":\"default\",\"model\":\"m\",\"result\":\"2xx\",\"status\":200,\"session\":%d,"
                                        + "\"endpoint\":\"vllm-0\",\"key\":\"session\",\"outcome\":\"bound\",\"retries\":1,"
                                        + "\"failed_attempts\":[{\"endpoint\":\"vllm-1\",\"cause\":\"connect\"}],"
                                        + "\"predicted_tokens\":512,\"overhead_ms\":0.088,\"input_length\":650,\"output_length\":20,"
                                        + "\"cached_tokens\":512,\"ttft_ms\":12.346,\"duration_ms\":45.0,\"prompt_bytes\":2600,"
                                        + "\"hash_ids\":[%d]}\n")
                                .formatted(pseudonyms.of(key.hash()), pseudonyms.of(8)));
    }

    @Test
    void leavesOutWhatIsNotKnown() {
        assertThat(line(Records.refused("id-2", null)))
                .isEqualTo(
                        "{\"timestamp\":\"2026-02-02T02:40:00.123Z\",\"request_id\":\"id-2\",\"replica\":\"gw-a\",\"result\":\"cancelled\","
                                + "\"duration_ms\":0.0}\n");
    }

    @Test
    void namesNoSessionForAKeyThatIsNone() {
        assertThat(line(Records.served(AffinityKey.promptPrefix(7)))).doesNotContain("\"session\":");
    }

    @Test
    void whatAClientChoosesCannotLeaveItsLineNorFillTheLog() {
        String line = line(Records.refused("a\"\n{}" + "x".repeat(100_000), 404));
        assertThat(line.lines()).hasSize(1);
        assertThat(line).hasSizeLessThan(300);
        JsonNode json = JsonMapper.shared().readTree(line);
        assertThat(json.path("request_id").asString()).startsWith("a\"\n{}xxx");
    }

    @Test
    void aVeryLongPromptHasABoundedLine() {
        PromptBlocks prompt = PromptBlocks.of(new long[100_000], 256, 25_600_000);
        LoggedPrompt logged = LoggedPrompt.of(prompt);
        assertThat(logged.bytes()).isEqualTo(25_600_000);
        long[] hashes = {0};
        logged.forEachHash(hash -> hashes[0]++);
        assertThat(hashes[0]).isEqualTo(LoggedPrompt.MAX_HASHES);
    }
}
