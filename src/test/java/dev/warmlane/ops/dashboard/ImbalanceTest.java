package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.ops.dashboard.Imbalance.Sent;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImbalanceTest {
    private final Imbalance imbalance = new Imbalance();
    private final Map<String, Sent> sent = new HashMap<>(Map.of("a", new Sent(0, 0), "b", new Sent(0, 0)));

    /** So many requests of so many tokens each, evenly over the seconds. */
    private void pass(int seconds, int toA, int toB, int tokens) {
        for (int i = 1; i <= seconds; i++) {
            int second = i;
            add("a", toA * second / seconds - toA * (second - 1) / seconds, tokens);
            add("b", toB * second / seconds - toB * (second - 1) / seconds, 100);
            imbalance.add(sent);
        }
    }

    private void add(String endpoint, int requests, int tokens) {
        sent.merge(
                endpoint,
                new Sent(requests, (long) requests * tokens),
                (one, other) -> new Sent(one.requests() + other.requests(), one.promptTokens() + other.promptTokens()));
    }

    @Test
    void isThatOfTheRequestsThoughHardlyAnyIsEverInFlight() {
        pass(120, 90, 30, 100);

        assertThat(imbalance.ofRequests()).isCloseTo(1.5, within(0.05));
        assertThat(imbalance.ofPromptTokens()).isCloseTo(1.5, within(0.05));
    }

    @Test
    void weighsRequestsByTheirPromptsToo() {
        pass(120, 60, 60, 300);

        assertThat(imbalance.ofRequests()).isCloseTo(1, within(0.05));
        assertThat(imbalance.ofPromptTokens()).isCloseTo(1.5, within(0.05));
    }

    @Test
    void forgetsWhatIsLongerAgoThanAMinute() {
        pass(120, 1200, 0, 100);
        pass(80, 800, 800, 100);

        assertThat(imbalance.ofRequests()).isCloseTo(1, within(0.05));
    }

    @Test
    void looksFurtherBackWhereAMinuteHasTooFewRequests() {
        pass(300, 40, 20, 100);

        assertThat(imbalance.ofRequests()).isCloseTo(4.0 / 3, within(0.1));
    }

    @Test
    void saysNothingOfHandfulsOfRequests() {
        pass(600, 10, 5, 100);

        assertThat(imbalance.ofRequests()).isNaN();
    }

    @Test
    void beginsAnewWhenAnEndpointComes() {
        pass(120, 100, 100, 100);
        sent.put("c", new Sent(0, 0));
        imbalance.add(sent);
        assertThat(imbalance.ofRequests()).isNaN();

        for (int i = 0; i < 30; i++) {
            add("a", 1, 100);
            add("b", 1, 100);
            add("c", 1, 100);
            imbalance.add(sent);
        }

        assertThat(imbalance.ofRequests()).isEqualTo(1);
    }
}
