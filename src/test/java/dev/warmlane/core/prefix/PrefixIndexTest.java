package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrefixIndexTest extends PredictedContentsContract {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b"));
    private static final Endpoint C = Endpoint.ofUri(URI.create("http://c"));

    @Override
    protected PredictedContents contents(int capacity) {
        return new PrefixIndex(capacity);
    }

    @Test
    void countsTheBlocksOfEachEndpoint() {
        PrefixIndex index = new PrefixIndex(10);
        index.insert(A.id(), range(100, 106));
        index.insert(A.id(), range(200, 206));
        assertThat(index.blocks(A.id())).isEqualTo(10);
        index.capacity(A.id(), 20);
        index.insert(A.id(), range(300, 320));
        assertThat(index.blocks(A.id())).isEqualTo(20);
        index.trim(A.id(), range(300, 320), 3);
        assertThat(index.blocks(A.id())).isEqualTo(3);
        index.remove(A.id());
        assertThat(index.blocks(A.id())).isZero();
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
    void isNotMadeForNothing() {
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
}
