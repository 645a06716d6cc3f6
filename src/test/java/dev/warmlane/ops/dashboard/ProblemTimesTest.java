package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.ops.dashboard.ProblemCatalogue.LiveProblem;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import dev.warmlane.ops.dashboard.ProblemCatalogue.ProblemTimes;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemTimesTest {
    private static final Instant START = Instant.ofEpochSecond(1_800_000_000);

    private final ProblemTimes times = new ProblemTimes();

    @Test
    void aProblemIsAsOldAsItsFirstSightWhateverItsValue() {
        times.note(List.of(Problem.ofPool("errors", "2.0 %")), START);

        assertThat(times.note(List.of(Problem.ofPool("errors", "3.0 %")), START.plusSeconds(5)))
                .containsExactly(new LiveProblem(Problem.ofPool("errors", "3.0 %"), START));
    }

    @Test
    void theSameProblemOfAnotherEndpointIsAnother() {
        times.note(List.of(Problem.ofEndpoint("scrape-failing", "a")), START);

        assertThat(times.note(List.of(Problem.ofEndpoint("scrape-failing", "b")), START.plusSeconds(5)))
                .extracting(LiveProblem::since)
                .containsExactly(START.plusSeconds(5));
    }

    @Test
    void oneThatCameBackIsNew() {
        List<Problem> problem = List.of(Problem.ofPool("panic-mode"));
        times.note(problem, START);
        times.note(List.of(), START.plusSeconds(1));

        assertThat(times.note(problem, START.plusSeconds(2)))
                .extracting(LiveProblem::since)
                .containsExactly(START.plusSeconds(2));
    }
}
