package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolLoad.OtherClients;
import org.junit.jupiter.api.Test;

class OtherClientsTest {
    private static final EndpointId A = new EndpointId("a");

    private final OtherClients others = new OtherClients();

    @Test
    void oneLookProvesNothing() {
        others.observe(A, 100, 2);
        assertThat(others.requests(A)).isZero();
    }

    @Test
    void whatIsReportedForLongAndNotOursIsOthers() {
        for (int look = 0; look < 8; look++) {
            others.observe(A, 30, 10);
        }
        assertThat(others.requests(A)).isEqualTo(20);
    }

    @Test
    void gaugesThatLagBehindOurOwnLoadAreNotOthers() {
        for (int look = 0; look < 100; look++) {
            others.observe(A, 14, 10);
        }
        assertThat(others.requests(A)).isZero();
    }

    @Test
    void ourShareIsThatOfWhatTheEnginesReportOverAllLooks() {
        others.observe(A, 50, 10);
        assertThat(others.ownShare()).isEqualTo(1);
        for (int look = 0; look < 50; look++) {
            others.observe(A, look % 2 == 0 ? 60 : 20, 20);
        }
        assertThat(others.ownShare()).isBetween(0.49, 0.51);
    }

    @Test
    void oneLookWithoutExcessEndsIt() {
        for (int look = 0; look < 8; look++) {
            others.observe(A, 30, 10);
        }
        others.observe(A, 10, 10);
        assertThat(others.requests(A)).isZero();
    }

    @Test
    void anEndpointThatLeftIsForgotten() {
        for (int look = 0; look < 8; look++) {
            others.observe(A, 30, 10);
        }
        others.retire(A);
        assertThat(others.requests(A)).isZero();
    }
}
