package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What all predictions of cache contents owe the router, wherever they come from. */
public abstract class PredictedContentsContract {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b"));
    private static final Endpoint C = Endpoint.ofUri(URI.create("http://c"));

    private final PredictedContents contents = contents(10);

    /** @param capacity blocks of an endpoint of which nobody has said how many it holds */
    protected abstract PredictedContents contents(int capacity);

    @Test
    void matchesTheLeadingRunOnEachEndpoint() {
        contents.insert(A.id(), prompt(1, 2, 3, 4));
        contents.insert(B.id(), prompt(1, 2, 30));
        contents.insert(C.id(), prompt(40, 2, 3));
        PrefixMatch match = contents.match(prompt(1, 2, 3, 4, 5), List.of(C, B, A));
        assertThat(matched(match)).containsExactly(0, 2, 4);
        assertThat(Matches.longest(match)).isEqualTo(4);
        assertThat(Matches.matchedBlocks(contents, B.id(), prompt(1, 2, 3))).isEqualTo(2);
    }

    @Test
    void matchesNothingWhereNothingIsKnown() {
        assertThat(matched(contents.match(prompt(1), List.of(A, B)))).containsExactly(0, 0);
        assertThat(matched(contents.match(prompt(1), List.of()))).isEmpty();
        contents.insert(A.id(), prompt(1));
        assertThat(matched(contents.match(PromptBlocks.EMPTY, List.of(A, B)))).containsExactly(0, 0);
        assertThat(contents.match(prompt(1), List.of()).size()).isZero();
    }

    @Test
    void evictsTheTailOfTheOldestPromptFirst() {
        contents.insert(A.id(), range(100, 106));
        contents.insert(A.id(), range(200, 206));
        assertThat(matchedOnA(range(100, 106))).isEqualTo(4);
        assertThat(matchedOnA(range(200, 206))).isEqualTo(6);
    }

    @Test
    void keepsWhatIsUsedAgain() {
        contents.insert(A.id(), range(100, 105));
        contents.insert(A.id(), range(200, 205));
        contents.insert(A.id(), range(100, 105));
        contents.insert(A.id(), range(300, 305));
        assertThat(matchedOnA(range(100, 105))).isEqualTo(5);
        assertThat(matchedOnA(range(200, 205))).isZero();
    }

    @Test
    void keepsTheHeadOfAPromptBeyondTheCapacity() {
        contents.insert(A.id(), range(100, 150));
        assertThat(matchedOnA(range(100, 150))).isEqualTo(10);
    }

    @Test
    void neverEvictsAnotherEndpointsBlocks() {
        contents.insert(A.id(), range(100, 110));
        IntStream.range(0, 50).forEach(i -> contents.insert(B.id(), range(1000 * i, 1000 * i + 10)));
        assertThat(matchedOnA(range(100, 110))).isEqualTo(10);
    }

    @Test
    void followsTheCapacityOfAnEndpoint() {
        contents.capacity(A.id(), 20);
        contents.insert(A.id(), range(100, 120));
        assertThat(matchedOnA(range(100, 120))).isEqualTo(20);
        contents.capacity(A.id(), 5);
        assertThat(matchedOnA(range(100, 120))).isEqualTo(5);
    }

    @Test
    void forgetsARemovedEndpointAndItsCapacity() {
        contents.capacity(A.id(), 3);
        contents.insert(A.id(), range(100, 110));
        contents.insert(B.id(), range(100, 110));
        contents.remove(A.id());
        assertThat(matched(contents.match(range(100, 110), List.of(A, B)))).containsExactly(0, 10);
        contents.insert(C.id(), range(300, 301));
        assertThat(Matches.matchedBlocks(contents, C.id(), range(100, 110))).isZero();
        contents.insert(A.id(), range(100, 110));
        assertThat(matchedOnA(range(100, 110))).isEqualTo(10);
    }

    @Test
    void forgetsWhatWasNotDelivered() {
        contents.insert(A.id(), range(100, 108));
        contents.insert(B.id(), range(100, 108));
        contents.trim(A.id(), range(100, 108), 3);
        contents.trim(C.id(), range(100, 108), 3);
        assertThat(matched(contents.match(range(100, 108), List.of(A, B)))).containsExactly(3, 8);
    }

    @Test
    void tellsManyEndpointsApart() {
        List<Endpoint> many = IntStream.range(0, 300)
                .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i)))
                .toList();
        IntStream.range(0, 300).forEach(i -> contents.insert(many.get(i).id(), range(100, 100 + i % 10)));
        assertThat(matched(contents.match(range(100, 110), many)))
                .containsExactly(IntStream.range(0, 300).map(i -> i % 10).toArray());
    }

    @Test
    void takesAnyHash() {
        contents.insert(A.id(), prompt(0, -1, Long.MIN_VALUE));
        assertThat(matchedOnA(prompt(0, -1, Long.MIN_VALUE))).isEqualTo(3);
    }

    @Test
    void aPredictionThatMissedChangesHowMuchIsBelieved() {
        contents.insert(A.id(), range(100, 110));
        contents.correct(A.id(), -2);
        assertThat(matchedOnA(range(100, 110))).isLessThan(10).isPositive();
        contents.correct(B.id(), -2);
        assertThat(matched(contents.match(range(100, 110), List.of(B)))).containsExactly(0);
    }

    @Test
    void refusesACapacityOfNothing() {
        assertThatThrownBy(() -> contents.capacity(A.id(), 0)).hasMessage("capacity: 0 blocks (expected: >= 1)");
    }

    private int matchedOnA(PromptBlocks prompt) {
        return Matches.matchedBlocks(contents, A.id(), prompt);
    }

    static int[] matched(PrefixMatch match) {
        return IntStream.range(0, match.size()).map(match::matchedBlocks).toArray();
    }

    static PromptBlocks range(long from, long to) {
        return prompt(LongStream.range(from, to).toArray());
    }

    static PromptBlocks prompt(long... hashes) {
        return PromptBlocks.of(hashes, 1, hashes.length);
    }
}
