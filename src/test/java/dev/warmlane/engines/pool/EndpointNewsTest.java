package dev.warmlane.engines.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.CapturedLog;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.event.Level;

class EndpointNewsTest {
    @RegisterExtension
    final CapturedLog log = new CapturedLog(EndpointNewsTest.class);

    private final AtomicLong nanos = new AtomicLong();
    private final EndpointNews news = new EndpointNews(log.logger(), "pool a: ", nanos::get);

    private List<String> lines() {
        return log.events().stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            nanos.addAndGet(1_000_000_000L);
            news.write();
        }
    }

    private void ejected(int endpoint, String why) {
        news.add(Level.WARN, "e" + endpoint, "ejected", " for 30s", why);
    }

    @Test
    void oneEndpointHasItsOwnLineWithTheCause() {
        ejected(1, "timeout");
        news.write();
        assertThat(lines()).isEmpty();

        pass(1);

        assertThat(lines()).containsExactly("WARN pool a: endpoint e1 ejected for 30s: timeout");
    }

    @Test
    void manyAreOneLineThatCountsTheCauses() {
        for (int i = 0; i < 200; i++) {
            ejected(i, i < 150 ? "timeout" : "connection refused");
        }
        pass(1);

        assertThat(lines())
                .containsExactly(
                        "WARN pool a: 200 endpoints (e0, e1, e2 and 197 more): 200 ejected (150 timeout, 50 connection refused)");
    }

    @Test
    void whatFollowsManyIsHeldForLonger() {
        for (int i = 0; i < 200; i++) {
            ejected(i, "timeout");
        }
        pass(1);
        for (int i = 0; i < 200; i++) {
            news.add(Level.INFO, "e" + i, "healthy again", "", null);
            if (i % 25 == 24) {
                pass(1);
            }
        }
        assertThat(lines()).hasSize(1);

        pass(5);

        assertThat(lines()).hasSize(2);
        assertThat(lines().get(1)).isEqualTo("INFO pool a: 200 endpoints (e0, e1, e2 and 197 more): 200 healthy again");
    }

    @Test
    void afterAWhileOneEndpointIsToldSoonAgain() {
        for (int i = 0; i < 200; i++) {
            ejected(i, "timeout");
        }
        pass(30);
        ejected(7, "timeout");
        pass(1);

        assertThat(lines()).hasSize(2);
    }

    @Test
    void holdsNoMoreThanItMay() {
        for (int i = 0; i < 5000; i++) {
            ejected(i, "timeout");
        }
        pass(1);

        assertThat(lines()).hasSize(1);
        assertThat(lines().get(0)).endsWith("1000 ejected (timeout); 4000 more");
    }
}
