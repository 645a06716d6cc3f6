package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdapterSlotsTest {
    private static final EndpointId A = new EndpointId("a");

    private final AdapterSlots slots = new AdapterSlots();

    private void say(int count, String... running) {
        slots.observed(A, new EndpointAdapters(count, List.of(running), List.of()));
    }

    private void serve(String adapter) {
        slots.sent(A, adapter);
        slots.ended(A, adapter, 0);
    }

    @Test
    void knowsNothingOfAnEngineThatDoesNotTell() {
        serve("x");
        assertThat(slots.areKnown()).isFalse();
        assertThat(slots.fit(A, "x")).isNull();
    }

    @Test
    void whatWasSentIsThereUntilASlotIsNeeded() {
        say(2);
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.FREE);
        serve("x");
        serve("y");
        serve("x");
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.LOADED);
        assertThat(slots.fit(A, "z")).isEqualTo(Fit.EVICTS);
        serve("z");
        assertThat(slots.fit(A, "y")).as("not used for longest").isEqualTo(Fit.EVICTS);
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.LOADED);
    }

    @Test
    void whatRequestsUseKeepsItsSlot() {
        say(2);
        slots.sent(A, "x");
        slots.sent(A, "x");
        slots.sent(A, "y");
        assertThat(slots.fit(A, "z")).isEqualTo(Fit.WAITS);
        double first = slots.waitSeconds(A);
        slots.sent(A, "z");
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.LOADED);
        assertThat(slots.waitSeconds(A)).as("behind z").isGreaterThan(first);
        slots.ended(A, "x", 0);
        slots.ended(A, "y", 0);
        assertThat(slots.fit(A, "y")).as("z has taken its slot").isEqualTo(Fit.LOADED);
        slots.ended(A, "x", 0);
        slots.ended(A, "z", 0);
        serve("w");
        assertThat(slots.fit(A, "y")).isEqualTo(Fit.EVICTS);
    }

    @Test
    void namesBeyondWhatAnyEngineHasSlotsForAreNotTaken() {
        say(1, names(1024));
        double wait = slots.waitSeconds(A);
        say(1, names(3000));
        assertThat(slots.waitSeconds(A)).isEqualTo(wait);
    }

    private static String[] names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "adapter-" + i).toArray(String[]::new);
    }

    @Test
    void countsWhatOthersUseUntilTheEngineSaysThatTheyDoNot() {
        say(2, "x", "y");
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.LOADED);
        assertThat(slots.fit(A, "z")).isEqualTo(Fit.WAITS);
        say(2);
        assertThat(slots.fit(A, "x")).as("still loaded").isEqualTo(Fit.LOADED);
        assertThat(slots.fit(A, "z")).isEqualTo(Fit.EVICTS);
    }

    @Test
    void fewerSlotsHoldLess() {
        say(3);
        serve("x");
        serve("y");
        serve("z");
        say(1, "y");
        assertThat(slots.fit(A, "y")).isEqualTo(Fit.LOADED);
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.WAITS);
    }

    @Test
    void holdsNoMoreThanThereAreSlots() {
        say(Integer.MAX_VALUE);
        for (int i = 0; i < 3000; i++) {
            serve("adapter-" + i);
        }
        assertThat(slots.fit(A, "adapter-1500")).isEqualTo(Fit.EVICTS);
        assertThat(slots.fit(A, "adapter-2999")).isEqualTo(Fit.LOADED);
    }

    @Test
    void anotherProcessHasLoadedNothing() {
        say(2);
        serve("x");
        slots.emptied(A);
        assertThat(slots.fit(A, "x")).isEqualTo(Fit.FREE);
        slots.retire(A);
        assertThat(slots.areKnown()).isFalse();
        slots.ended(A, "x", 0);
        assertThat(slots.areKnown()).as("of one that has left").isFalse();
    }

    @Test
    void learnsTheUsualTimeOfLoading() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            // Some wait for something else, some are there after all.
            double seconds = i % 5 == 0 ? 30 : i % 5 == 1 ? -0.1 : 1.9 + 0.2 * random.nextDouble();
            slots.loaded(seconds);
        }
        assertThat(slots.loadSeconds()).isCloseTo(2, within(0.2));
    }

    @Test
    void isWithinAThirdAfterAFewLoads() {
        for (int i = 0; i < 12; i++) {
            slots.loaded(1.5);
        }
        assertThat(slots.loadSeconds()).isCloseTo(1.5, within(0.5));
    }

    @Test
    void whateverIsMeasuredTheTimeHasBounds() {
        for (int i = 0; i < 5000; i++) {
            slots.loaded(-1);
        }
        assertThat(slots.loadSeconds()).isEqualTo(0.002);
        for (int i = 0; i < 5000; i++) {
            slots.loaded(Double.MAX_VALUE);
        }
        assertThat(slots.loadSeconds()).isEqualTo(60);
    }
}
