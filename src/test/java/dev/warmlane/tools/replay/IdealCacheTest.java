package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.replay.Tally.IdealCache;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import org.junit.jupiter.api.Test;

class IdealCacheTest {
    private static LoadRequest prompt(int tokens, long... hashes) {
        return new LoadRequest(0, 0, tokens, 1, hashes, null);
    }

    @Test
    void hitsWhatCameBeforeButNeverTheLastToken() {
        IdealCache cache = new IdealCache(Long.MAX_VALUE);
        assertThat(cache.serve(prompt(1024, 1, 2))).isZero();
        assertThat(cache.serve(prompt(1024, 1, 2))).isEqualTo(512);
        assertThat(cache.serve(prompt(1025, 1, 2))).isEqualTo(1024);
        assertThat(cache.serve(prompt(1600, 1, 3, 2))).isEqualTo(512);
    }

    @Test
    void forgetsTheTailOfTheOldestFirst() {
        IdealCache cache = new IdealCache(3);
        cache.serve(prompt(1100, 1, 2));
        cache.serve(prompt(1100, 3, 4));
        assertThat(cache.serve(prompt(1100, 1, 2))).isEqualTo(512);
    }

    @Test
    void remembersAnswersThatComeBack() {
        IdealCache cache = new IdealCache(Long.MAX_VALUE);
        cache.serve(prompt(600, 1, 2));
        assertThat(cache.serve(prompt(1600, 1, 2, 3))).isEqualTo(1024);
    }
}
