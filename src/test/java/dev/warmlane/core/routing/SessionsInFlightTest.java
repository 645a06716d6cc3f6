package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.InFlight.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SessionsInFlightTest {
    private static final AffinityKey SESSION = AffinityKey.of("test", KeySource.SESSION, "s");

    private final SessionsInFlight sessions = new SessionsInFlight();

    @Test
    void aSessionWithARequestForEachEndpointIsABatchUntilOneEnds() {
        Runnable end = sessions.opened(SESSION);
        assertThat(sessions.isBatch(SESSION, 2)).isFalse();
        sessions.opened(SESSION);
        assertThat(sessions.isBatch(SESSION, 2)).isTrue();
        assertThat(sessions.isBatch(AffinityKey.of("test", KeySource.SESSION, "t"), 2))
                .isFalse();
        end.run();
        assertThat(sessions.isBatch(SESSION, 2)).isFalse();
    }

    @Test
    void noOtherKeyIsABatch() {
        assertThat(sessions.isBatch(AffinityKey.promptPrefix(1), 0)).isFalse();
        assertThat(sessions.isBatch(AffinityKey.of("test", KeySource.CLIENT_IP, "a"), 0))
                .isFalse();
    }

    @Test
    void keepsNothingOfASessionThatHasNoneInFlight() {
        sessions.opened(SESSION).run();
        assertThat(sessions.size()).isZero();
    }

    @Test
    void allThatWaitForTheEndOfALeaseAreToldOnce() {
        List<String> told = new ArrayList<>();
        Lease lease = Objects.requireNonNull(new InFlight().open(new EndpointId("e"), 1, 1));
        lease.onClose(() -> told.add("adapter"));
        lease.onClose(() -> told.add("session"));
        lease.close();
        lease.close();
        assertThat(told).containsExactly("adapter", "session");
    }
}
