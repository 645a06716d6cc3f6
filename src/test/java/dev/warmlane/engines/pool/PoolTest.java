package dev.warmlane.engines.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class PoolTest {
    private final Pool small = new PoolBuilder("small").apiKey("secret").build();
    private final Pool large = new PoolBuilder("large").build();
    private final Pools pools = new Pools(List.of(small, large));

    @Test
    void keepsItsKeyOutOfItsText() {
        assertThat(small).hasToString("Pool[small]");
        assertThat(pools.toString()).doesNotContain("secret");
    }

    @Test
    void isFoundByName() {
        assertThat(pools.find("large")).isSameAs(large);
        assertThat(pools.get("small")).isSameAs(small);
        assertThat(pools.find("medium")).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pools.get("medium"))
                .withMessage("pool: medium (expected: one of small, large)");
    }
}
