package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoolSelectorTest {
    @Test
    void aRefusalNamesFiftyModelsAtMost() {
        TreeSet<String> known = new TreeSet<>();
        IntStream.range(10, 60).forEach(i -> known.add("m" + i));
        assertThat(PoolSelector.shown(known)).startsWith("m10, m11, ").endsWith(", m59");
        known.add("m60");
        known.add("m61");
        assertThat(PoolSelector.shown(known)).endsWith(", m59 and 2 more");
    }
}
