package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PrefixIndexTest {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b"));
    private static final Endpoint C = Endpoint.ofUri(URI.create("http://c"));

    private final PrefixIndex index = new PrefixIndex(10);

    @Test
    void matchesTheLeadingRunOnEachEndpoint() {
        index.insert(A.id(), prompt(1, 2, 3, 4));
        index.insert(B.id(), prompt(1, 2, 30));
        index.insert(C.id(), prompt(40, 2, 3));
        PrefixMatch match = index.match(prompt(1, 2, 3, 4, 5), List.of(C, B, A));
        assertThat(matched(match)).containsExactly(0, 2, 4);
        assertThat(Matches.longest(match)).isEqualTo(4);
        assertThat(Matches.matchedBlocks(index, B.id(), prompt(1, 2, 3))).isEqualTo(2);
    }

    @Test
    void matchesNothingWhereNothingIsKnown() {
        assertThat(matched(index.match(prompt(1), List.of(A, B)))).containsExactly(0, 0);
        assertThat(matched(index.match(prompt(1), List.of()))).isEmpty();
        index.insert(A.id(), prompt(1));
        assertThat(matched(index.match(PromptBlocks.EMPTY, List.of(A, B)))).containsExactly(0, 0);
        assertThat(index.match(prompt(1), List.of()).size()).isZero();
    }

    @Test
    void evictsTheTailOfTheOldestPromptFirst() {
        index.insert(A.id(), range(100, 106));
        index.insert(A.id(), range(200, 206));
        assertThat(index.blocks(A.id())).isEqualTo(10);
        assertThat(Matches.matchedBlocks(index, A.id(), range(100, 106))).isEqualTo(4);
        assertThat(Matches.matchedBlocks(index, A.id(), range(200, 206))).isEqualTo(6);
    }

    @Test
    void keepsWhatIsUsedAgain() {
        index.insert(A.id(), range(100, 105));
        index.insert(A.id(), range(200, 205));
        index.insert(A.id(), range(100, 105));
        index.insert(A.id(), range(300, 305));
        assertThat(Matches.matchedBlocks(index, A.id(), range(100, 105))).isEqualTo(5);
        assertThat(Matches.matchedBlocks(index, A.id(), range(200, 205))).isZero();
    }

    @Test
    void keepsTheHeadOfAPromptBeyondTheCapacity() {
        index.insert(A.id(), range(100, 150));
        assertThat(Matches.matchedBlocks(index, A.id(), range(100, 150))).isEqualTo(10);
    }

    @Test
    void neverEvictsAnotherEndpointsBlocks() {
        index.insert(A.id(), range(100, 110));
        IntStream.range(0, 50).forEach(i -> index.insert(B.id(), range(1000 * i, 1000 * i + 10)));
        assertThat(Matches.matchedBlocks(index, A.id(), range(100, 110))).isEqualTo(10);
    }

    @Test
    void followsTheCapacityOfAnEndpoint() {
        index.capacity(A.id(), 20);
        index.insert(A.id(), range(100, 120));
        assertThat(index.blocks(A.id())).isEqualTo(20);
        index.capacity(A.id(), 5);
        assertThat(Matches.matchedBlocks(index, A.id(), range(100, 120))).isEqualTo(5);
    }

    @Test
    void forgetsARemovedEndpointAndItsCapacity() {
        index.capacity(A.id(), 3);
        index.insert(A.id(), range(100, 110));
        index.insert(B.id(), range(100, 110));
        index.remove(A.id());
        assertThat(matched(index.match(range(100, 110), List.of(A, B)))).containsExactly(0, 10);
        index.insert(C.id(), range(300, 301));
        assertThat(Matches.matchedBlocks(index, C.id(), range(100, 110))).isZero();
        index.insert(A.id(), range(100, 110));
        assertThat(index.blocks(A.id())).isEqualTo(10);
    }

    @Test
    void forgetsWhatWasNotDelivered() {
        index.insert(A.id(), range(100, 108));
        index.insert(B.id(), range(100, 108));
        index.trim(A.id(), range(100, 108), 3);
        index.trim(C.id(), range(100, 108), 3);
        assertThat(matched(index.match(range(100, 108), List.of(A, B)))).containsExactly(3, 8);
        assertThat(index.blocks(A.id())).isEqualTo(3);
    }

    @Test
    void tellsManyEndpointsApart() {
        List<Endpoint> many = IntStream.range(0, 300)
                .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i)))
                .toList();
        IntStream.range(0, 300).forEach(i -> index.insert(many.get(i).id(), range(100, 100 + i % 10)));
        assertThat(matched(index.match(range(100, 110), many)))
                .containsExactly(IntStream.range(0, 300).map(i -> i % 10).toArray());
    }

    @Test
    void forgetsTheIdlestEndpointWhenThereAreTooMany() {
        PrefixIndex small = new PrefixIndex(10, 2);
        small.insert(A.id(), prompt(1));
        small.insert(B.id(), prompt(1));
        small.insert(A.id(), prompt(1));
        small.insert(C.id(), prompt(1));
        assertThat(matched(small.match(prompt(1), List.of(A, B, C)))).containsExactly(1, 0, 1);
    }

    @Test
    void takesAnyHash() {
        index.insert(A.id(), prompt(0, -1, Long.MIN_VALUE));
        assertThat(Matches.matchedBlocks(index, A.id(), prompt(0, -1, Long.MIN_VALUE)))
                .isEqualTo(3);
    }

    @Test
    void refusesACapacityOfNothing() {
        assertThatThrownBy(() -> index.capacity(A.id(), 0)).hasMessage("capacity: 0 blocks (expected: >= 1)");
        assertThatThrownBy(() -> new PrefixIndex(-1)).hasMessage("capacity: -1 blocks (expected: >= 1)");
    }

    @Test
    void holdsAHundredEndpointsOfAMillionTokensInThreeHundredMegabytes() {
        int blocks = 15_625;
        PrefixIndex large = new PrefixIndex(blocks);
        for (int pod = 0; pod < 100; pod++) {
            EndpointId id = new EndpointId("pod-" + pod);
            for (int from = 0; from < 2 * blocks; from += 125) {
                long first = 1_000_000L * pod + from;
                large.insert(id, range(first, first + 125));
            }
            assertThat(large.blocks(id)).isEqualTo(blocks);
        }
        assertThat(large.memoryBytes()).isLessThan(300_000_000);
        assertThat(large.memoryBytes() / (100.0 * blocks)).as("bytes a block").isBetween(50.0, 90.0);
    }

    private static int[] matched(PrefixMatch match) {
        return IntStream.range(0, match.size()).map(match::matchedBlocks).toArray();
    }

    private static PromptBlocks range(long from, long to) {
        return prompt(LongStream.range(from, to).toArray());
    }

    private static PromptBlocks prompt(long... hashes) {
        return PromptBlocks.of(hashes, 1, hashes.length);
    }
}
