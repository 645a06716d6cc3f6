package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is missing is asked for until it is here. */
class MissedStatesTest {
    private static final List<String> MEMBERS = List.of("a", "b");
    private final MissedStates missed = new MissedStates();

    @Test
    void whoToldWhatIsMissingIsAskedOnce() {
        assertThat(ask(0)).isEmpty();
        missed.missed("a");
        assertThat(ask(0)).containsExactly("a");
        missed.ended("a", true);
        assertThat(ask(100)).isEmpty();
    }

    @Test
    void whatIsMissedSoonAfterwardsIsAskedForLater() {
        missed.missed("a");
        ask(0);
        missed.ended("a", true);
        missed.missed("a");
        assertThat(ask(4)).isEmpty();
        assertThat(ask(5)).containsExactly("a");
    }

    @Test
    void whatIsMissedWhileAStateIsOnItsWayIsAskedForAfterIt() {
        missed.missed("a");
        ask(0);
        missed.missed("a");
        assertThat(ask(6)).isEmpty();
        missed.ended("a", true);
        assertThat(ask(6)).containsExactly("a");
    }

    @Test
    void aStateThatDidNotComeIsAskedForAgainAndEachTimeMoreRarely() {
        missed.asking("a", 0);
        missed.ended("a", false);
        assertThat(ask(9)).isEmpty();
        assertThat(ask(10)).containsExactly("a");
        missed.ended("a", false);
        assertThat(ask(29)).isEmpty();
        assertThat(ask(30)).containsExactly("a");
        missed.ended("a", true);
        assertThat(ask(1000)).isEmpty();
    }

    @Test
    void pausesAreNeverLongerThanThreeMinutes() {
        long at = 0;
        missed.asking("a", 0);
        for (int i = 0; i < 100; i++) {
            missed.ended("a", false);
            at += 180;
            assertThat(ask(at)).containsExactly("a");
        }
    }

    @Test
    void whoHasLeftIsNotAsked() {
        missed.missed("c");
        assertThat(ask(0)).isEmpty();
        missed.ended("c", false);
        assertThat(ask(100)).isEmpty();
    }

    private List<String> ask(long seconds) {
        return missed.ask(MEMBERS, TimeUnit.SECONDS.toNanos(seconds));
    }
}
