package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.endpoint.EndpointId;
import org.junit.jupiter.api.Test;

class LateStreamsTest {
    private static final EndpointId ENDPOINT = new EndpointId("e");

    private long nanos = 1;
    private final LateStreams late = new LateStreams(() -> nanos);

    private void pass(double seconds) {
        nanos += (long) (seconds * 1e9);
    }

    @Test
    void theSecondInLineTellsHowLateAnEndpointIs() {
        late.sent(ENDPOINT, 1);
        pass(1);
        late.sent(ENDPOINT, 1);
        late.sent(ENDPOINT, 1);
        pass(2.25);
        assertThat(late.seconds(ENDPOINT)).isZero();
        pass(1.5);
        assertThat(late.seconds(ENDPOINT)).isCloseTo(1.5, within(1e-6));
        pass(60);
        assertThat(late.seconds(ENDPOINT)).isEqualTo(2);
        assertThat(late.seconds(new EndpointId("other"))).isZero();
    }

    @Test
    void oneThatWaitsAloneTellsNothing() {
        Runnable first = late.sent(ENDPOINT, 1);
        Runnable second = late.sent(ENDPOINT, 1);
        pass(60);
        assertThat(late.seconds(ENDPOINT)).isPositive();
        second.run();
        assertThat(late.seconds(ENDPOINT)).isZero();
        late.sent(ENDPOINT, 1);
        first.run();
        assertThat(late.seconds(ENDPOINT)).isZero();
    }

    @Test
    void whoLeavesTheLineMakesRoomForTheNext() {
        Runnable first = late.sent(ENDPOINT, 0);
        late.sent(ENDPOINT, 0);
        pass(1);
        late.sent(ENDPOINT, 0);
        pass(0.75);
        assertThat(late.seconds(ENDPOINT)).isCloseTo(1.5, within(1e-6));
        first.run();
        first.run();
        assertThat(late.seconds(ENDPOINT)).isCloseTo(0.5, within(1e-6));
        late.retire(ENDPOINT);
        assertThat(late.seconds(ENDPOINT)).isZero();
    }
}
