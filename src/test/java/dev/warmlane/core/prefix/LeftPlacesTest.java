package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeftPlacesTest {
    private static final EndpointId A = new EndpointId("a");
    private static final EndpointId B = new EndpointId("b");
    private static final EndpointId NEW = new EndpointId("new");

    private long nowNanos;
    private final LeftPlaces places = new LeftPlaces(() -> nowNanos);

    @Test
    void oneThatComesBackHasItsOwnPlace() {
        places.left(A, Set.of(1L));
        places.left(B, Set.of(2L));
        assertThat(places.take(B, isBack -> false)).containsExactly(2L);
        assertThat(places.take(A, isBack -> false)).containsExactly(1L);
        assertThat(places.take(A, isBack -> false)).isNull();
    }

    @Test
    void oneThatIsNewHasTheFirstPlaceWhoseServerIsNotBack() {
        places.left(A, Set.of(1L));
        places.left(B, Set.of(2L));
        assertThat(places.take(NEW, A::equals)).containsExactly(2L);
        assertThat(places.take(NEW, A::equals)).isNull();
        assertThat(places.take(NEW, isBack -> false)).containsExactly(1L);
    }

    @Test
    void theLatestTimeCounts() {
        places.left(A, Set.of(1L));
        places.left(A, Set.of(3L));
        assertThat(places.take(A, isBack -> false)).containsExactly(3L);
        assertThat(places.take(NEW, isBack -> false)).isNull();
    }

    @Test
    void placesAreForgottenAfterTenMinutesAndBeyondSixtyFour() {
        places.left(A, Set.of(1L));
        nowNanos = Duration.ofMinutes(11).toNanos();
        assertThat(places.take(A, isBack -> false)).isNull();
        for (int i = 0; i < 65; i++) {
            places.left(new EndpointId("server-" + i), Set.of((long) i));
        }
        assertThat(places.take(NEW, isBack -> false)).containsExactly(1L);
    }
}
