package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.VllmRoutingFilter.StreamLimit;
import dev.warmlane.proxy.error.ApiException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamLimitTest {
    private final StreamLimit limit =
            new StreamLimit(1, new ProxyMetrics(new SimpleMeterRegistry(), new Pools(List.of())));

    @Test
    void refusesWhatIsMoreThanTheLimit() {
        limit.enter("default");
        assertThatThrownBy(() -> limit.enter("default"))
                .isInstanceOfSatisfying(
                        ApiException.class,
                        refused -> assertThat(refused.code()).isEqualTo("too_many_streams"));
    }

    @Test
    void givesThePlaceToTheNext() {
        limit.enter("default");
        limit.leave();
        assertThatCode(() -> limit.enter("default")).doesNotThrowAnyException();
    }
}
