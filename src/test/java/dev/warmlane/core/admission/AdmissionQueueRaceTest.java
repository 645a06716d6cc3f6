package dev.warmlane.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Requests come, leave and end on many threads; no tick helps. */
class AdmissionQueueRaceTest {
    private static final int THREADS = 8;
    private static final int REQUESTS_PER_THREAD = 5_000;
    private static final int LIMIT = 2;
    private static final int MAX_ENTRIES = 20;

    private final Endpoints endpoints = new Endpoints(LIMIT, "a", "b", "c");
    private final AdmissionQueue queue = new AdmissionQueue(
            new AdmissionQueue.Limits(MAX_ENTRIES, Duration.ofHours(1)),
            endpoints::room,
            System::nanoTime,
            new SplittableRandom(1));
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private final Queue<EndpointId> running = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(THREADS * REQUESTS_PER_THREAD);

    @Test
    void nobodyIsForgottenAndNoEndpointIsOverfilled() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS + 2);
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            SplittableRandom random = new SplittableRandom(t);
            all.add(threads.submit(() -> {
                for (int i = 0; i < REQUESTS_PER_THREAD; i++) {
                    arrive(random);
                }
            }));
        }
        for (int t = 0; t < 2; t++) {
            all.add(threads.submit(this::endWhatRuns));
        }

        assertThat(over.await(2, TimeUnit.MINUTES))
                .as("every request's waiting is over")
                .isTrue();
        for (Future<?> thread : all) {
            thread.get();
        }
        threads.shutdown();
        assertThat(served.get() + refused.get() + left.get()).isEqualTo(THREADS * REQUESTS_PER_THREAD);
        assertThat(served.get()).isPositive();
        assertThat(queue.waiting()).isZero();
        assertThat(endpoints.running()).isZero();
        assertThat(endpoints.peak()).isEqualTo(LIMIT);
    }

    private void arrive(RandomGenerator random) {
        EndpointId bound = random.nextBoolean() ? null : new EndpointId(random.nextBoolean() ? "a" : "b");
        QueuedRequest claim =
                new QueuedRequest(random.nextInt(10) == 0, random.nextInt(3), random.nextInt(5), bound, Set.of());
        EndpointId free = queue.isIdle() ? endpoints.enter(claim) : null;
        if (free != null) {
            entered(free);
            return;
        }
        Racer racer = new Racer(claim);
        Ticket place = queue.await(claim, racer);
        if (random.nextInt(4) == 0) {
            queue.leave(place);
            if (racer.over.compareAndSet(0, 1)) {
                left.incrementAndGet();
                over.countDown();
            }
        }
    }

    private void entered(EndpointId endpoint) {
        served.incrementAndGet();
        running.add(endpoint);
        over.countDown();
    }

    private void endWhatRuns() {
        while (over.getCount() > 0 || !running.isEmpty()) {
            EndpointId endpoint = running.poll();
            if (endpoint != null) {
                endpoints.leave(endpoint);
                queue.ended();
            }
        }
    }

    private final class Racer implements Waiter {
        private final QueuedRequest claim;
        private final AtomicInteger over = new AtomicInteger();

        Racer(QueuedRequest claim) {
            this.claim = claim;
        }

        @Override
        public boolean enter() {
            EndpointId endpoint = endpoints.enter(claim);
            if (endpoint == null) {
                return false;
            }
            if (over.compareAndSet(0, 1)) {
                entered(endpoint);
            } else {
                // It left at this moment; as a lease of a request that is finished, its room is given back.
                endpoints.leave(endpoint);
                queue.ended();
            }
            return true;
        }

        @Override
        public void refused(Refusal refusal) {
            if (over.compareAndSet(0, 1)) {
                refused.incrementAndGet();
                AdmissionQueueRaceTest.this.over.countDown();
            }
        }
    }
}
