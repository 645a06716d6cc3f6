package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.InFlight.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class InFlightTest {
    private static final EndpointId A = new EndpointId("a");

    private final InFlight inFlight = new InFlight();

    @Test
    void countsWhatALeaseHolds() {
        Lease lease = inFlight.open(A, 1000, 300);
        assertThat(inFlight.requests(A)).isEqualTo(1);
        assertThat(inFlight.promptTokens(A)).isEqualTo(1000);
        assertThat(inFlight.prefillTokens(A)).isEqualTo(300);
        lease.firstByte();
        assertThat(inFlight.prefillTokens(A)).isZero();
        assertThat(inFlight.promptTokens(A)).isEqualTo(1000);
        lease.close();
        assertNothingInFlight();
    }

    @Test
    void everyTransitionCountsOnce() {
        Lease lease = inFlight.open(A, 1000, 300);
        lease.firstByte();
        lease.firstByte();
        lease.close();
        lease.close();
        lease.firstByte();
        assertNothingInFlight();
    }

    @Test
    void aLeaseThatNeverSawAByteReturnsItsPrefill() {
        inFlight.open(A, 1000, 300).close();
        assertNothingInFlight();
    }

    @Test
    void anEndpointThatLeavesIsForgottenWithItsLastRequest() {
        Lease lease = inFlight.open(A, 1000, 300);
        inFlight.retire(A);
        assertThat(inFlight.requests(A)).isEqualTo(1);
        lease.close();
        assertNothingInFlight();
        inFlight.open(A, 10, 10);
        assertThat(inFlight.requests(A)).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsBackBeforeItsLastRequestEndsGoesOnCounting() {
        Lease lease = inFlight.open(A, 1000, 300);
        inFlight.retire(A);
        Lease later = inFlight.open(A, 10, 10);
        lease.close();
        later.close();
        assertThat(inFlight.sentRequests(A)).isEqualTo(2);
    }

    @Test
    void aFullEndpointGetsNoMoreUntilALeaseCloses() {
        InFlight limited = new InFlight(2);
        List<Boolean> fullAtClose = new ArrayList<>();
        limited.onClose(() -> fullAtClose.add(limited.isFull(A)));
        Lease lease = limited.open(A, 1, 1);
        limited.open(A, 1, 1);
        assertThat(limited.open(A, 1, 1)).isNull();
        assertThat(limited.isFull(A)).isTrue();
        assertThat(limited.promptTokens(A)).isEqualTo(2);
        lease.close();
        lease.close();
        assertThat(fullAtClose).as("told once, with the room there").containsExactly(false);
        assertThat(limited.open(A, 1, 1)).isNotNull();
    }

    @Test
    void countsWhatIsComputedAfterAllUntilTheFirstByte() {
        Lease lease = inFlight.open(A, 100, 0);
        lease.computes(90);
        assertThat(inFlight.prefillTokens(A)).isEqualTo(90);
        lease.firstByte();
        assertThat(inFlight.prefillTokens(A)).isZero();
        lease.computes(90);
        assertThat(inFlight.prefillTokens(A)).as("too late to wait for").isZero();
        lease.close();
        assertNothingInFlight();
    }

    @Test
    void takesBackWhatIsComputedAfterAllHoweverThreadsRace() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        for (int n = 0; n < 5_000; n++) {
            Lease lease = inFlight.open(A, 7, 0);
            Future<?> closed = other.submit(lease::close);
            lease.computes(3);
            closed.get();
        }
        other.shutdown();
        assertNothingInFlight();
    }

    @Test
    void returnsToZeroHoweverThreadsRace() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            running.add(threads.submit(() -> {
                for (int n = 0; n < 20_000; n++) {
                    Lease lease = inFlight.open(A, 7, 3);
                    lease.firstByte();
                    if (n % 100 == 0) {
                        inFlight.retire(A);
                    }
                    lease.close();
                }
            }));
        }
        for (Future<?> future : running) {
            future.get();
        }
        threads.shutdown();
        assertNothingInFlight();
    }

    private void assertNothingInFlight() {
        assertThat(inFlight.requests(A)).isZero();
        assertThat(inFlight.promptTokens(A)).isZero();
        assertThat(inFlight.prefillTokens(A)).isZero();
    }
}
