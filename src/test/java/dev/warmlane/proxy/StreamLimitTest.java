package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.error.ApiException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

class StreamLimitTest {
    private final StreamLimit limit =
            new StreamLimit(1, new QueueMetrics(new SimpleMeterRegistry(), new Pools(List.of())));

    @Test
    void refusesWhatIsMoreThanTheLimitWithoutServingIt() {
        Disposable first = serve(Mono::never).subscribe();
        assertThatThrownBy(() -> serve(() -> {
                            throw new AssertionError("served");
                        })
                        .block())
                .isInstanceOfSatisfying(
                        ApiException.class,
                        refused -> assertThat(refused.code()).isEqualTo("too_many_streams"));
        first.dispose();
    }

    @Test
    void givesThePlaceBackHoweverServingEnds() {
        serve(Mono::empty).block();
        assertThatThrownBy(() ->
                        serve(() -> Mono.error(ApiException.unknownPath())).block())
                .isInstanceOf(ApiException.class);
        serve(Mono::never).subscribe().dispose();
        assertThatThrownBy(() -> serve(() -> {
                            throw ApiException.unknownPath();
                        })
                        .block())
                .hasMessage(ApiException.unknownPath().getMessage());

        assertThat(serve(() -> Mono.<Void>empty()).materialize().block().isOnComplete())
                .isTrue();
    }

    private Mono<Void> serve(Supplier<Mono<Void>> serving) {
        return limit.within("default", serving);
    }
}
