package dev.warmlane.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.Transfer;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ComputedPromptTest {
    private static final Transfer TRANSFER =
            Objects.requireNonNull(Transfer.of("{\"kv_transfer_params\":{}}".getBytes(US_ASCII)));

    private final ComputedPrompt prompt = new ComputedPrompt(TRANSFER, 0);

    /** The client may leave just when the request goes where nothing is fetched. */
    @Test
    void isReleasedOnceHoweverManySeeThatNobodyWantsIt() {
        assertThat(prompt.takeUnused()).isSameAs(TRANSFER);
        assertThat(prompt.takeUnused()).isNull();
    }

    @Test
    void belongsToTheEndpointThatWasToldOfIt() {
        assertThat(prompt.handOver()).isSameAs(TRANSFER);
        assertThat(prompt.takeUnused()).isNull();
        assertThat(prompt.isUnused()).isFalse();
    }

    @Test
    void isHandedToNobodyOnceItIsReleased() {
        assertThat(prompt.takeUnused()).isSameAs(TRANSFER);
        assertThat(prompt.handOver()).isNull();
    }
}
