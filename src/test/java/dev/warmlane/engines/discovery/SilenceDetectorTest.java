package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.engines.discovery.WatchGuard.SilenceDetector;
import dev.warmlane.engines.discovery.WatchGuard.SilenceDetector.Verdict;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SilenceDetectorTest {
    private static final Map<String, String> OLD = Map.of("ns/vllm-a", "uid@1");
    private static final Map<String, String> NEW = Map.of("ns/vllm-a", "uid@2");
    private static final Map<String, String> NEWER = Map.of("ns/vllm-a", "uid@3");

    private final SilenceDetector detector = new SilenceDetector();

    @Test
    void followsWhileTheWatchKnowsWhatTheListHas() {
        assertThat(detector.compare(OLD, OLD, true)).isEqualTo(Verdict.FOLLOWING);
        assertThat(detector.compare(NEW, NEW, true)).isEqualTo(Verdict.FOLLOWING);
    }

    @Test
    void callsAWatchSilentThatBroughtNothingBetweenTwoListsItFellShortOf() {
        assertThat(detector.compare(NEW, OLD, true)).isEqualTo(Verdict.LATE);
        assertThat(detector.compare(NEWER, OLD, true)).isEqualTo(Verdict.SILENT);
    }

    @Test
    void waitsForAWatchThatIsLateAtEveryListButMoves() {
        assertThat(detector.compare(NEW, OLD, true)).isEqualTo(Verdict.LATE);
        assertThat(detector.compare(NEWER, NEW, true)).isEqualTo(Verdict.LATE);
        assertThat(detector.compare(NEWER, NEWER, true)).isEqualTo(Verdict.FOLLOWING);
    }

    @Test
    void callsAClosedWatchSilentEvenIfNothingChanges() {
        assertThat(detector.compare(OLD, OLD, false)).isEqualTo(Verdict.LATE);
        assertThat(detector.compare(OLD, OLD, false)).isEqualTo(Verdict.SILENT);
    }

    @Test
    void givesANewWatchTwoListsToo() {
        detector.compare(NEW, OLD, true);
        assertThat(detector.compare(NEW, OLD, true)).isEqualTo(Verdict.SILENT);
        assertThat(detector.compare(NEW, OLD, true)).isEqualTo(Verdict.LATE);
    }

    @Test
    void forgetsWhatItSawBeforeAListFailed() {
        detector.compare(NEW, OLD, true);
        detector.reset();
        assertThat(detector.compare(NEW, OLD, true)).isEqualTo(Verdict.LATE);
    }
}
