package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PseudonymsTest {

    @Test
    void isSipHashAsPublished() {
        // The authors' test vector: key 00 01 .. 0f, message 00 01 .. 07.
        assertThat(new Pseudonyms(0x0706050403020100L, 0x0f0e0d0c0b0a0908L).sipHash(0x0706050403020100L))
                .isEqualTo(0x93f5f5799a932462L);
    }

    @Test
    void isTheSameForTheSameSaltAndNoOther() {
        assertThat(Pseudonyms.of("salt").of(7))
                .isEqualTo(Pseudonyms.of("salt").of(7))
                .isNotEqualTo(Pseudonyms.of("salt").of(8))
                .isNotEqualTo(Pseudonyms.of("other").of(7));
        assertThat(Pseudonyms.random().of(7)).isNotEqualTo(Pseudonyms.random().of(7));
    }

    @Test
    void fitsIntoTheNumbersOfJson() {
        Pseudonyms pseudonyms = Pseudonyms.of("salt");
        for (long hash = -1000; hash < 1000; hash++) {
            assertThat(pseudonyms.of(hash)).isBetween(0L, (1L << 52) - 1);
        }
    }
}
