package dev.warmlane.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.EndpointHealth.Healthy;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.EndpointHealth.Starting;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HealthBookTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final EndpointId A = id(0);
    private static final EndpointId B = id(1);

    private final EndpointSnapshot four = endpoints(4);
    private final Endpoint a = four.find(A);
    private final HealthBook book = HealthBook.empty(Rules.defaults()).follow(four, 0);

    @Test
    void takesTheFirstEndpointsForWellAndStartsThoseThatComeLater() {
        HealthBook later = book.follow(endpoints(5), SECOND);
        assertThat(later.of(A)).isEqualTo(new Healthy(0, 0));
        assertThat(later.of(id(4))).isEqualTo(new Starting(0, SECOND));
    }

    @Test
    void startsAnEndpointThatBecomesReadyLater() {
        HealthBook unready = HealthBook.empty(Rules.defaults())
                .follow(new EndpointSnapshot(List.of(endpoint(0), endpoint(1).withState(EndpointState.UNREADY))), 0);
        assertThat(unready.of(B)).isNull();
        assertThat(unready.follow(endpoints(2), SECOND).of(B)).isEqualTo(new Starting(0, SECOND));
    }

    @Test
    void anEmptyListIsNoBeginning() {
        HealthBook waiting = HealthBook.empty(Rules.defaults()).follow(EndpointSnapshot.EMPTY, 0);
        assertThat(waiting.follow(endpoints(1), SECOND).of(A)).isEqualTo(new Healthy(0, SECOND));
    }

    @Test
    void anOperatorEjectsAnyAndReadmitsAtFullLoad() {
        HealthBook all = book;
        for (int i = 0; i < 4; i++) {
            all = all.eject(id(i), 0);
        }
        assertThat(all.out()).isEqualTo(4);
        assertThat(all.of(A)).isEqualTo(new Ejected(EjectionReason.OPERATOR, 1, 0, 30 * SECOND, false, false));
        assertThat(all.tick(30 * SECOND).of(A)).isInstanceOf(Probation.class);
        assertThat(all.readmit(A, SECOND).of(A)).isEqualTo(new Healthy(0, SECOND));
        assertThat(book.readmit(A, SECOND)).isSameAs(book);
    }

    @Test
    void aHealthyPoolIsShownAsDiscoveryListsIt() {
        assertThat(book.over(four, 0)).isSameAs(four);
    }

    @Test
    void anEjectedEndpointComesBackByOneRequestAndSlowly() {
        HealthBook ejected = fail(book, A, 0);
        assertThat(ejected.of(A))
                .isEqualTo(new Ejected(EjectionReason.CONSECUTIVE_FAILURES, 1, 0, 30 * SECOND, false, false));
        assertThat(ejected.tick(29 * SECOND)).isSameAs(ejected);

        HealthBook probation = ejected.tick(30 * SECOND);
        assertThat(state(probation, A)).isEqualTo(EndpointState.PROBATION);
        HealthBook tried = probation.claim(a, 30 * SECOND);
        assertThat(state(tried, A)).isEqualTo(EndpointState.SUSPENDED);
        assertThat(tried.claim(a, 30 * SECOND)).as("one at a time").isSameAs(tried);

        HealthBook back = tried.passProbation(A, 31 * SECOND);
        assertThat(back.of(A)).isEqualTo(new Starting(1, 31 * SECOND));
        assertThat(back.tick(60 * SECOND).of(A)).isEqualTo(new Starting(1, 31 * SECOND));
        assertThat(back.tick(61 * SECOND).of(A)).isEqualTo(new Healthy(1, 31 * SECOND));
    }

    @Test
    void aRequestThatTellsNothingLeavesItOnProbation() {
        HealthBook probation = fail(book, A, 0).tick(30 * SECOND);
        assertThat(probation.claim(a, 30 * SECOND).release(a).of(A)).isEqualTo(probation.of(A));
    }

    @Test
    void aRequestThatHangsKeepsNoOtherFromTrying() {
        HealthBook tried = fail(book, A, 0).tick(30 * SECOND).claim(a, 31 * SECOND);
        assertThat(tried.tick(60 * SECOND)).isSameAs(tried);

        HealthBook again = tried.tick(61 * SECOND);
        assertThat(state(again, A)).isEqualTo(EndpointState.PROBATION);
        assertThat(again.claim(a, 61 * SECOND).passProbation(A, 62 * SECOND).of(A))
                .isEqualTo(new Starting(1, 62 * SECOND));
    }

    @Test
    void aRequestThatHungAndTellsNothingLeavesTheNextItsTrial() {
        HealthBook first = fail(book, A, 0).tick(30 * SECOND).claim(a, 30 * SECOND);
        Endpoint seenLater = endpoint(0);
        HealthBook second = first.tick(60 * SECOND).claim(seenLater, 60 * SECOND);
        assertThat(second.release(a)).isSameAs(second);
        assertThat(state(second.release(seenLater), A)).isEqualTo(EndpointState.PROBATION);
    }

    @Test
    void withoutSlowStartItIsBackAtOnce() {
        HealthBook quick = HealthBook.empty(Rules.withSlowStart(Duration.ZERO)).follow(four, 0);
        HealthBook back = fail(quick, A, 0).tick(30 * SECOND).passProbation(A, 31 * SECOND);
        assertThat(back.of(A)).isEqualTo(new Healthy(1, 31 * SECOND));
    }

    @Test
    void eachEjectionInARowLastsLongerUpToTheMost() {
        HealthBook now = fail(book, A, 0);
        for (int ejections = 1; ejections < 15; ejections++) {
            Ejected ejected = (Ejected) now.of(A);
            assertThat(ejected.ejections()).isEqualTo(ejections);
            assertThat(ejected.untilNanos() - ejected.sinceNanos()).isEqualTo(Math.min(300, 30 * ejections) * SECOND);
            now = now.tick(ejected.untilNanos())
                    .claim(a, ejected.untilNanos())
                    .failProbation(A, false, ejected.untilNanos());
        }
    }

    @Test
    void theRowGoesOnForAnEndpointThatFailsSoonAfterItCameBack() {
        HealthBook back = fail(book, A, 0).tick(30 * SECOND).passProbation(A, 30 * SECOND);
        assertThat(fail(back, A, 60 * SECOND).of(A).ejections()).isEqualTo(2);
        assertThat(fail(back, A, 61 * SECOND).of(A).ejections()).isEqualTo(1);
    }

    @Test
    void requestsEjectAtMostHalfOfThePool() {
        HealthBook half = fail(fail(book, A, 0), B, 0);
        assertThat(fail(half, id(2), 0)).isSameAs(half);
        assertThat(half.over(four, 0).selectable()).extracting(Endpoint::id).containsExactly(id(2), id(3));
        HealthBook three = HealthBook.empty(Rules.defaults()).follow(endpoints(3), 0);
        assertThat(fail(fail(three, A, 0), B, 0).out()).isEqualTo(1);
    }

    @Test
    void requestsNeverEjectTheLastEndpoint() {
        HealthBook one = HealthBook.empty(Rules.defaults()).follow(endpoints(1), 0);
        assertThat(fail(one, A, 0)).isSameAs(one);
    }

    @Test
    void usesAllWhenFewerThanHalfAreHealthy() {
        HealthBook fell = book;
        for (int i = 0; i < 3; i++) {
            assertThat(fell.isPanic()).isFalse();
            fell = fell.checkFailed(id(i), true, true, 0);
        }
        EndpointSnapshot panic = fell.over(four, 0);
        assertThat(panic.isPanic()).isTrue();
        assertThat(panic.selectable()).hasSize(4);
        assertThat(panic.withoutPanic().selectable()).extracting(Endpoint::id).containsExactly(id(3));
    }

    @Test
    void anEndpointWhoseCheckFailsComesBackWhenItPassesAgainWhateverTheTime() {
        HealthBook fell = book.checkFailed(A, true, false, 0);
        assertThat(fell.of(A)).isEqualTo(new Ejected(EjectionReason.HEALTH_CHECK, 0, 0, 0, true, false));
        assertThat(fell.tick(1000 * SECOND)).isSameAs(fell);
        assertThat(fell.checkRose(A).of(A)).isEqualTo(new Probation(EjectionReason.HEALTH_CHECK, 0, 0, null, 0, false));
    }

    @Test
    void oneFailedCheckDoesNotEject() {
        assertThat(book.checkFailed(A, false, true, 0)).isSameAs(book);
    }

    @Test
    void anEndpointEjectedByRequestsComesBackEarlyOnlyIfItsCheckFailedMeanwhile() {
        HealthBook ejected = fail(book, A, 0);
        assertThat(ejected.checkRose(A)).isSameAs(ejected);
        HealthBook down = ejected.checkFailed(A, false, true, SECOND);
        assertThat(down.tick(40 * SECOND)).isSameAs(down);
        assertThat(down.checkRose(A).of(A)).isInstanceOf(Probation.class);
    }

    @Test
    void sessionsWaitForAShortEjectionOnly() {
        assertThat(state(fail(book, A, 0), A)).isEqualTo(EndpointState.SUSPENDED);
        HealthBook second =
                fail(book, A, 0).tick(30 * SECOND).claim(a, 30 * SECOND).failProbation(A, false, 31 * SECOND);
        assertThat(state(second, A)).isEqualTo(EndpointState.EJECTED);
    }

    @Test
    void sessionsDoNotWaitForACacheThatIsLost() {
        HealthBook dead = book.fail(A, EjectionReason.CONSECUTIVE_FAILURES, true, 0);
        assertThat(state(dead, A)).isEqualTo(EndpointState.EJECTED);
        assertThat(state(dead.tick(30 * SECOND).claim(a, 30 * SECOND), A)).isEqualTo(EndpointState.EJECTED);
        assertThat(state(fail(book, A, 0).checkFailed(A, false, false, 0), A))
                .as("nobody knows for how long")
                .isEqualTo(EndpointState.EJECTED);
    }

    @Test
    void theShareOfAStartingEndpointGrowsFromATenthToAll() {
        HealthBook starting = book.follow(endpoints(5), 0);
        assertThat(share(starting, 0)).isEqualTo(0.1);
        assertThat(share(starting, 15 * SECOND)).isEqualTo(0.55);
        assertThat(share(starting, 30 * SECOND)).isEqualTo(1);
    }

    @Test
    void forgetsEndpointsThatDiscoveryNoLongerCallsReady() {
        HealthBook ejected = fail(book, A, 0);
        EndpointSnapshot draining =
                new EndpointSnapshot(List.of(endpoint(0).withState(EndpointState.DRAINING), endpoint(1)));
        HealthBook followed = ejected.follow(draining, SECOND);
        assertThat(followed.all()).containsOnlyKeys(B);
        assertThat(followed.over(draining, SECOND).find(A).state()).isEqualTo(EndpointState.DRAINING);
    }

    private static HealthBook fail(HealthBook book, EndpointId id, long nowNanos) {
        return book.fail(id, EjectionReason.CONSECUTIVE_FAILURES, false, nowNanos);
    }

    private EndpointState state(HealthBook of, EndpointId id) {
        return of.over(four, 0).find(id).state();
    }

    private static double share(HealthBook of, long nowNanos) {
        return of.over(endpoints(5), nowNanos).find(id(4)).loadShare();
    }

    static EndpointSnapshot endpoints(int count) {
        return new EndpointSnapshot(
                IntStream.range(0, count).mapToObj(HealthBookTest::endpoint).toList());
    }

    static EndpointId id(int number) {
        return new EndpointId("pod-" + number);
    }

    static Endpoint endpoint(int number) {
        URI uri = URI.create("http://pod-%d:8000".formatted(number));
        return new Endpoint(id(number), "pod-" + number, uri, EndpointState.READY);
    }
}
