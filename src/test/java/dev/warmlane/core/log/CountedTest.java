package dev.warmlane.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountedTest {

    @Test
    void oneIsSingularAndAllElseIsPlural() {
        assertThat(Counted.of(0, "replica")).isEqualTo("0 replicas");
        assertThat(Counted.of(1, "replica")).isEqualTo("1 replica");
        assertThat(Counted.of(2, "other replica")).isEqualTo("2 other replicas");
    }
}
