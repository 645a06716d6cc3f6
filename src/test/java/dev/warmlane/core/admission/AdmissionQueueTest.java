package dev.warmlane.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);
    private static final long ALICE = 1;
    private static final long BOB = 2;

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5_000_000_000L);
    private final Endpoints endpoints = new Endpoints(1, "a");
    private final List<String> served = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();
    private AdmissionQueue admission = admission(100);

    AdmissionQueueTest() {
        assertThat(endpoints.enter(claim(ALICE, 0))).isNotNull();
    }

    @Test
    void servesInTheOrderOfArrival() {
        await("first", claim(ALICE, 0));
        await("second", claim(ALICE, 0));
        serve(2);
        assertThat(served).containsExactly("first", "second");
    }

    @Test
    void servesTheLowerPriorityValueFirst() {
        await("default", claim(ALICE, 0));
        await("later", claim(ALICE, 5));
        await("urgent", claim(ALICE, -5));
        serve(3);
        assertThat(served).containsExactly("urgent", "default", "later");
    }

    @Test
    void aRetryGoesBeforeEverybody() {
        await("urgent", claim(ALICE, -5));
        await("retry", new QueuedRequest(true, 0, BOB, null, Set.of()));
        serve(2);
        assertThat(served).containsExactly("retry", "urgent");
    }

    @Test
    void aQuietClientIsNotHeldUpByAFlood() {
        for (int i = 0; i < 50; i++) {
            await("flood-" + i, claim(ALICE, 0));
        }
        serve(10);
        served.clear();
        await("quiet-0", claim(BOB, 0));
        await("quiet-1", claim(BOB, 0));
        serve(5);
        assertThat(served.subList(0, 2)).contains("quiet-0");
        assertThat(served.subList(0, 4)).contains("quiet-1").anyMatch(name -> name.startsWith("flood"));
    }

    @Test
    void aClientThatAlwaysComesBackAtOnceGetsNoMoreThanItsShare() {
        for (int i = 0; i < 50; i++) {
            await("flood-" + i, claim(ALICE, 0));
        }
        for (int i = 0; i < 40; i++) {
            await("again-" + i, claim(BOB, 0));
            serve(1);
        }
        assertThat(served).filteredOn(name -> name.startsWith("again")).hasSizeBetween(19, 21);
    }

    @Test
    void aFullLineTakesThePlaceOfTheFloodNotOfTheQuiet() {
        admission = admission(3);
        for (int i = 0; i < 4; i++) {
            await("flood-" + i, claim(ALICE, 0));
        }
        assertThat(refused).containsExactly("flood-3 full");
        await("quiet", claim(BOB, 0));
        assertThat(refused).containsExactly("flood-3 full", "flood-2 full");
        serve(3);
        assertThat(served).containsExactlyInAnyOrder("flood-0", "flood-1", "quiet");
    }

    @Test
    void aLineOfNoEntriesRefusesAtOnce() {
        admission = admission(0);
        await("only", claim(ALICE, 0));
        assertThat(refused).containsExactly("only full");
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void aClosedLineRefusesWhoWaitsAndWhoComes() {
        await("before", claim(ALICE, 0));
        admission.close();
        await("after", claim(ALICE, 0));
        assertThat(refused).containsExactly("before closed", "after closed");
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void aLineThatClosesWhileOneIsLetInRefusesItAsWellIfItFindsNoRoom() {
        endpoints.leave(new EndpointId("a"));
        admission.await(claim(ALICE, 0), new Waiter() {
            @Override
            public boolean enter() {
                admission.close();
                return false;
            }

            @Override
            public void refused(Refusal refusal) {
                refused.add(refusal.reason().label());
            }
        });
        assertThat(refused).containsExactly("closed");
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void aRequestThatLeavesGivesUpItsPlaceAtOnce() {
        Ticket first = await("first", claim(ALICE, 0));
        await("second", claim(ALICE, 0));
        admission.leave(first);
        admission.leave(first);
        assertThat(admission.waiting()).isEqualTo(1);
        serve(1);
        assertThat(served).containsExactly("second");
        assertThat(admission.isIdle()).isTrue();
        assertThat(refused).isEmpty();
    }

    @Test
    void whoLeavesWhileItIsLetInLetsTheNextGo() {
        List<Ticket> leaves = new ArrayList<>();
        leaves.add(admission.await(claim(ALICE, 0), new Waiter() {
            @Override
            public boolean enter() {
                admission.leave(leaves.get(0));
                return false;
            }

            @Override
            public void refused(Refusal refusal) {
                throw new AssertionError(refusal);
            }
        }));
        await("next", claim(ALICE, 0));
        serve(1);
        assertThat(served).containsExactly("next");
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void turnsThatWereNotUsedAreNotCharged() {
        for (int i = 0; i < 50; i++) {
            admission.leave(await("aborted-" + i, claim(ALICE, 0)));
        }
        await("bob-0", claim(BOB, 0));
        await("bob-1", claim(BOB, 0));
        await("alice", claim(ALICE, 0));
        serve(2);
        assertThat(served).contains("alice");
    }

    @Test
    void refusesWhoHasWaitedTooLong() {
        await("early", claim(ALICE, 0));
        nanos.addAndGet(MAX_WAIT.toNanos() - 1);
        await("late", claim(ALICE, 0));
        admission.tick();
        assertThat(refused).isEmpty();
        nanos.addAndGet(1);
        admission.tick();
        assertThat(refused).containsExactly("early late");
        assertThat(admission.waiting()).isEqualTo(1);
    }

    @Test
    void roomThatNobodyToldOfIsFoundAtTheNextTick() {
        await("first", claim(ALICE, 0));
        endpoints.add("b");
        assertThat(served).isEmpty();
        admission.tick();
        assertThat(served).containsExactly("first");
    }

    @Test
    void aRequestWhoseBoundEndpointHasRoomGoesBeforeOneWhoseHasNone() {
        endpoints.add("b");
        endpoints.enter(claim(ALICE, 0));
        await("of b", new QueuedRequest(false, 0, ALICE, new EndpointId("b"), Set.of()));
        await("of a", new QueuedRequest(false, 0, ALICE, new EndpointId("a"), Set.of()));
        serve(1);
        assertThat(served).containsExactly("of a");
        serve(1);
        assertThat(served).containsExactly("of a", "of b");
    }

    @Test
    void aRequestThatOnlyItsEndpointCanServeWaitsForItAndHoldsNobodyUp() {
        endpoints.enter(claim(ALICE, 0));
        await("of a", new QueuedRequest(false, 0, ALICE, new EndpointId("a"), true, Set.of()));
        await("other", claim(BOB, 0));
        endpoints.add("b");
        for (int i = 0; i < 20; i++) {
            admission.tick();
        }
        assertThat(served).containsExactly("other");
        serve(1);
        assertThat(served).containsExactly("other", "of a");
    }

    @Test
    void aRequestWhoseOnlyEndpointIsGoneTakesAnyRoom() {
        await("of gone", new QueuedRequest(false, 0, ALICE, new EndpointId("gone"), true, Set.of()));
        serve(1);
        assertThat(served).containsExactly("of gone");
    }

    @Test
    void anUrgentRequestDoesNotLetALesserOneGoFirst() {
        await("urgent", new QueuedRequest(false, -1, ALICE, new EndpointId("elsewhere"), Set.of()));
        await("bound", new QueuedRequest(false, 0, ALICE, new EndpointId("a"), Set.of()));
        serve(1);
        assertThat(served).containsExactly("urgent");
    }

    @Test
    void aRequestIsPassedOverABoundedNumberOfTimes() {
        await("bound elsewhere", new QueuedRequest(false, 0, ALICE, new EndpointId("elsewhere"), Set.of()));
        for (int i = 0; i < 20; i++) {
            await("bound " + i, new QueuedRequest(false, 0, BOB, new EndpointId("a"), Set.of()));
        }
        serve(5);
        assertThat(served).hasSize(5).contains("bound elsewhere");
    }

    @Test
    void aRetryThatCanUseNoRoomHoldsNobodyUp() {
        await("tried a", new QueuedRequest(true, 0, ALICE, null, Set.of(new EndpointId("a"))));
        await("other", claim(BOB, 0));
        serve(1);
        assertThat(served).containsExactly("other");
        assertThat(admission.waiting()).isEqualTo(1);
    }

    @Test
    void whoFindsNoRoomAfterAllKeepsItsPlace() {
        endpoints.leave(new EndpointId("a"));
        endpoints.add("b");
        int[] misses = {0};
        admission.await(claim(ALICE, 0), new Waiter() {
            @Override
            public boolean enter() {
                return ++misses[0] > 1;
            }

            @Override
            public void refused(Refusal refusal) {
                throw new AssertionError(refusal);
            }
        });
        assertThat(misses[0]).isEqualTo(1);
        assertThat(admission.waiting()).isEqualTo(1);
        admission.tick();
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void anEntrantThatBreaksDoesNotKeepTheOthersOut() {
        admission.await(claim(ALICE, 0), new Waiter() {
            @Override
            public boolean enter() {
                throw new IllegalStateException("broken");
            }

            @Override
            public void refused(Refusal refusal) {}
        });
        await("next", claim(BOB, 0));
        try {
            serve(1);
        } catch (IllegalStateException broken) {
            assertThat(broken).hasMessage("broken");
        }
        admission.tick();
        assertThat(served).containsExactly("next");
        assertThat(admission.isIdle()).isTrue();
    }

    private AdmissionQueue admission(int maxEntries) {
        return new AdmissionQueue(
                new AdmissionQueue.Limits(maxEntries, MAX_WAIT), endpoints::room, nanos::get, new SplittableRandom(1));
    }

    private static QueuedRequest claim(long client, int priority) {
        return new QueuedRequest(false, priority, client, null, Set.of());
    }

    private Ticket await(String name, QueuedRequest claim) {
        return admission.await(claim, new Waiter() {
            @Override
            public boolean enter() {
                @Nullable EndpointId endpoint = endpoints.enter(claim);
                if (endpoint == null) {
                    return false;
                }
                served.add(name);
                return true;
            }

            @Override
            public void refused(Refusal refusal) {
                refused.add(name + " " + refusal.reason().label());
            }
        });
    }

    /** So many running requests end, one after the other, the one at a first. */
    private void serve(int requests) {
        for (int i = 0; i < requests; i++) {
            endpoints.leave(new EndpointId(i == 0 || endpoints.room().endpoints() == 1 ? "a" : "b"));
            admission.ended();
        }
    }
}
