package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class PodReadingTest {
    private static PodReading read(String json) {
        return PodReading.of(JsonMapper.shared().readTree(json));
    }

    @Test
    void aPodThatWaitsForARequestToComeBackMayBeAsked() {
        assertThat(read("{\"state\":\"ejected\",\"ejection\":{\"probation\":true}}")
                        .isSelectable())
                .isTrue();
        assertThat(read("{\"state\":\"ejected\",\"ejection\":{\"probation\":false}}")
                        .isSelectable())
                .isFalse();
    }

    @Test
    void readsWhatAnOlderEngineLeavesOut() {
        PodReading bare = read("{\"id\":\"1\",\"name\":\"a\",\"state\":\"ready\",\"blockSizeTokens\":null}");
        assertThat(bare.isSelectable()).isTrue();
        assertThat(bare.counters()).isNull();
        assertThat(bare.blockSizeTokens()).isNull();
        assertThat(bare.prefixCaching()).isNull();
        assertThat(bare.ageMillis()).isNull();
        assertThat(bare.unreadable()).isFalse();
    }
}
