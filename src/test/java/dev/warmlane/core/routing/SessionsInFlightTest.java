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
        Runnable end = open(19);
        assertThat(sessions.isBatch(SESSION, 20)).isFalse();
        sessions.opened(SESSION);
        assertThat(sessions.isBatch(SESSION, 20)).isTrue();
        assertThat(sessions.isBatch(AffinityKey.of("test", KeySource.SESSION, "t"), 20))
                .isFalse();
        end.run();
        assertThat(sessions.isBatch(SESSION, 20)).isFalse();
    }

    @Test
    void parallelCallsOfAnAgentAreNoneInASmallPool() {
        open(SessionsInFlight.LEAST - 1);
        assertThat(sessions.isBatch(SESSION, 1)).isFalse();
        open(1);
        assertThat(sessions.isBatch(SESSION, 1)).isTrue();
    }

    /** Returns what ends the last of them. */
    private Runnable open(int requests) {
        Runnable end = () -> {};
        for (int i = 0; i < requests; i++) {
            end = sessions.opened(SESSION);
        }
        return end;
    }

    @Test
    void noOtherKeyIsABatch() {
        AffinityKey address = AffinityKey.of("test", KeySource.CLIENT_IP, "a");
        for (int i = 0; i < SessionsInFlight.LEAST; i++) {
            sessions.opened(address);
        }
        assertThat(sessions.isBatch(AffinityKey.promptPrefix(1), 0)).isFalse();
        assertThat(sessions.isBatch(address, 0)).isFalse();
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
