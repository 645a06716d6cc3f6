package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.VllmRoutingFilter.StreamLimit;
import dev.warmlane.proxy.error.ApiException;
import org.junit.jupiter.api.Test;

class StreamLimitTest {
    private final StreamLimit limit = new StreamLimit(1);

    @Test
    void refusesWhatIsMoreThanTheLimit() {
        limit.enter();
        assertThatThrownBy(() -> limit.enter())
                .isInstanceOfSatisfying(
                        ApiException.class,
                        refused -> assertThat(refused.code()).isEqualTo("too_many_streams"));
    }

    @Test
    void givesThePlaceToTheNext() {
        limit.enter();
        limit.leave();
        assertThatCode(() -> limit.enter()).doesNotThrowAnyException();
    }
}
