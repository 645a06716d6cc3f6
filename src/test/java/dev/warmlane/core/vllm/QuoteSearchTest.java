package dev.warmlane.core.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.JsonStrings.QuoteSearch;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class QuoteSearchTest {

    @Property
    void findsWhatALookAtEachByteFinds(@ForAll("texts") byte[] bytes, @ForAll byte start) {
        int from = Math.min(start & 0x1F, bytes.length);
        assertThat(QuoteSearch.next(bytes, from, bytes.length)).isEqualTo(naive(bytes, from));
    }

    @Provide
    Arbitrary<byte[]> texts() {
        // Neighbours of the two wanted bytes, and the values for which borrows of the word arithmetic go wrong.
        Arbitrary<Byte> rare = Arbitraries.of((byte) '"', (byte) '\\');
        Arbitrary<Byte> usual = Arbitraries.of(
                (byte) '!', (byte) '#', (byte) '[', (byte) ']', (byte) 0, (byte) 0xA2, (byte) 0xDC, (byte) 'a');
        return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(1, rare), net.jqwik.api.Tuple.of(30, usual))
                .array(byte[].class)
                .ofMaxSize(80);
    }

    private static int naive(byte[] bytes, int from) {
        int i = from;
        while (i < bytes.length && bytes[i] != '"' && bytes[i] != '\\') {
            i++;
        }
        return i;
    }
}
