package dev.warmlane.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Sessions ask four endpoints in virtual time, come what may: a request takes a second where its session was last, and three
 * where it was not.
 */
class GoodputTest {
    private static final int SECONDS = 300;
    private static final int SESSIONS = 60;
    private static final int AT_HOME_PER_SECOND = 4 * 2;
    private static final long WARM_NANOS = 1_000_000_000L;
    private static final long COLD_NANOS = 3 * WARM_NANOS;
    private static final long TICK_NANOS = 50_000_000L;

    @Test
    void doesNotCollapsePastSaturation() {
        double saturated = servedPerSecond(AT_HOME_PER_SECOND);
        assertThat(saturated).isGreaterThan(0.7 * AT_HOME_PER_SECOND);
        for (int times = 2; times <= 10; times++) {
            assertThat(servedPerSecond(times * AT_HOME_PER_SECOND))
                    .as("%d times as many requests as can be served", times)
                    .isGreaterThan(0.95 * saturated);
        }
    }

    private static double servedPerSecond(int requestsPerSecond) {
        Load load = new Load();
        load.run(requestsPerSecond);
        return (double) load.served / SECONDS;
    }

    private record Event(long atNanos, Runnable happening) {}

    private static final class Load {
        private final Endpoints endpoints = new Endpoints(2, "a", "b", "c", "d");
        private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::atNanos));
        private final Map<Integer, EndpointId> bound = new HashMap<>();
        private final SplittableRandom random = new SplittableRandom(1);
        private long now;
        private int served;
        private final AdmissionQueue queue = new AdmissionQueue(
                new AdmissionQueue.Limits(100, Duration.ofSeconds(10)), endpoints::room, () -> now, random.split());

        void run(int requestsPerSecond) {
            long end = SECONDS * 1_000_000_000L;
            for (long at = 0; at < end; at += 1_000_000_000L / requestsPerSecond) {
                events.add(new Event(at, this::arrive));
            }
            for (long at = 0; at < end; at += TICK_NANOS) {
                events.add(new Event(at, queue::tick));
            }
            for (Event next = events.poll(); next != null && next.atNanos < end; next = events.poll()) {
                now = next.atNanos;
                next.happening.run();
            }
        }

        private void arrive() {
            int session = random.nextInt(SESSIONS);
            QueuedRequest claim = new QueuedRequest(false, 0, session, bound.get(session), Set.of());
            if (queue.isIdle() && enter(session, claim)) {
                return;
            }
            queue.await(claim, new Waiter() {
                @Override
                public boolean enter() {
                    return Load.this.enter(session, claim);
                }

                @Override
                public void refused(Refusal refusal) {}
            });
        }

        private boolean enter(int session, QueuedRequest claim) {
            EndpointId endpoint = endpoints.enter(claim);
            if (endpoint == null) {
                return false;
            }
            long takes = endpoint.equals(bound.put(session, endpoint)) ? WARM_NANOS : COLD_NANOS;
            events.add(new Event(now + takes, () -> {
                served++;
                endpoints.leave(endpoint);
                queue.ended();
            }));
            return true;
        }
    }
}
