package dev.warmlane.core.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class EndpointPoolTest {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a:8000"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b:8000"));

    private final EndpointPool pool = new EndpointPool("test");
    private final List<EndpointId> gone = new ArrayList<>();

    @Test
    void aServerOfTwoRanksIsTwoEndpointsAtItsPlace() {
        pool.replace(List.of(A, B));
        assertThat(pool.ranks(A.id(), 2)).isTrue();

        assertThat(names()).containsExactly("a:8000#0", "a:8000#1", "b:8000");
        List<Endpoint> endpoints = pool.snapshot().endpoints();
        assertThat(endpoints.get(1).uri()).isEqualTo(A.uri());
        assertThat(endpoints.get(1).server()).isEqualTo(A);
        assertThat(endpoints.get(2).server()).isSameAs(B);
        EndpointSnapshot snapshot = pool.snapshot();
        assertThat(snapshot.atServerOf(endpoints.get(1).id())).isEqualTo(endpoints.subList(0, 2));
        assertThat(snapshot.atServerOf(A.id())).isEqualTo(endpoints.subList(0, 2));
        assertThat(snapshot.atServerOf(B.id())).containsExactly(B);
        assertThat(snapshot.atServerOf(new EndpointId("c"))).isEmpty();
    }

    @Test
    void tellsOfTheServerThatIsRanksNowAndOfRanksThatAreNoMore() {
        pool.onRemoval(gone::addAll);
        pool.replace(List.of(A, B));
        pool.ranks(A.id(), 3);
        assertThat(gone).containsExactly(A.id());
        gone.clear();
        pool.ranks(A.id(), 2);
        assertThat(gone).containsExactly(A.id().rank(2));
        gone.clear();
        assertThat(pool.ranks(A.id(), 2)).isFalse();
        assertThat(gone).isEmpty();
        pool.ranks(A.id(), 1);
        assertThat(gone).containsExactly(A.id().rank(0), A.id().rank(1));
        assertThat(names()).containsExactly("a:8000", "b:8000");
    }

    @Test
    void showsStatesWhileListenersAreToldWhoIsGone() {
        pool.replace(List.of(A, B));
        pool.onRemoval(ids -> {
            pool.overlay(EndpointPoolTest::drained);
            assertThat(CompletableFuture.runAsync(pool::refresh)).succeedsWithin(Duration.ofSeconds(30));
            gone.addAll(ids);
        });
        pool.replace(List.of(B));
        assertThat(gone).containsExactly(A.id());
        assertThat(pool.snapshot().find(B.id()).state()).isEqualTo(EndpointState.DRAINED);
    }

    private static EndpointSnapshot drained(EndpointSnapshot discovered) {
        return new EndpointSnapshot(discovered.endpoints().stream()
                .map(endpoint -> endpoint.withState(EndpointState.DRAINED))
                .toList());
    }

    @Test
    void keepsTheRanksOfAServerThatDiscoveryListsAgainAndForgetsThemWithIt() {
        pool.replace(List.of(A, B));
        pool.ranks(A.id(), 2);
        pool.replace(List.of(B, A.withState(EndpointState.DRAINING)));
        assertThat(names()).containsExactly("b:8000", "a:8000#0", "a:8000#1");
        assertThat(pool.snapshot().atServerOf(A.id()))
                .extracting(Endpoint::state)
                .containsOnly(EndpointState.DRAINING);
        pool.replace(List.of(B));
        pool.replace(List.of(A, B));
        assertThat(names()).containsExactly("a:8000", "b:8000");
    }

    @Test
    void aServerThatSaysThatItHasTooManyRanksIsOneEndpoint() {
        pool.replace(List.of(A));
        assertThat(pool.ranks(A.id(), EndpointPool.MAX_RANKS + 1)).isFalse();
        assertThat(names()).containsExactly("a:8000");
        assertThat(pool.ranks(B.id(), 2)).as("not listed").isFalse();
        assertThat(pool.ranks()).containsOnlyKeys(A.id());
    }

    @Test
    void aNumberThatIsSetCountsWhateverServersSay() {
        EndpointPool off = new EndpointPool("off", 1);
        off.replace(List.of(A));
        assertThat(off.ranks(A.id(), 2)).isFalse();
        assertThat(off.snapshot().endpoints()).containsExactly(A);
        EndpointPool two = new EndpointPool("two", 2);
        two.replace(List.of(A));
        two.ranks(A.id(), 1);
        assertThat(two.snapshot().endpoints()).containsExactly(A.rank(0), A.rank(1));
    }

    @Test
    void theIdentityOfARankIsThatOfItsServerAndItsNumber() {
        EndpointId rank = new EndpointId("7ad6c0b4-uid#12");
        assertThat(rank.isRank()).isTrue();
        assertThat(rank.rank()).isEqualTo(12);
        assertThat(rank.server()).isEqualTo(new EndpointId("7ad6c0b4-uid"));
        assertThat(rank.server().rank(12)).isEqualTo(rank).hasSameHashCodeAs(rank);
        assertThat(rank.server().isRank()).isFalse();
        assertThat(rank.server().server()).isSameAs(rank.server());
        assertThat(new EndpointId("#1").isRank()).isFalse();
        assertThat(new EndpointId("a#12345").isRank()).isFalse();
    }

    private List<String> names() {
        return pool.snapshot().endpoints().stream().map(Endpoint::name).toList();
    }
}
