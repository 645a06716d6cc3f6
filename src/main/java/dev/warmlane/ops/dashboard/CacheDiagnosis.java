package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Judges how warm the caches of a pool are, and what keeps them from hitting. Stateless. */
final class CacheDiagnosis {
    private static final double ENOUGH_TOKENS = 50_000;
    private static final double DELIVERS = 0.8;
    private static final double FELL_BELOW = 0.8;
    private static final double MOST = 0.5;

    void judge(PoolView view, List<Problem> problems) {
        ofHits(view, problems);
        ofSessions(view, problems);
        ofPrompts(view, problems);
        ofEngines(view, problems);
    }

    private static void ofHits(PoolView view, List<Problem> problems) {
        float hitRatio = view.figure("hitRatio");
        if (hitsTooLittle(view)) {
            problems.add(Problem.ofPool("hit-ratio-low", Diagnosis.percent(hitRatio)));
        }
        if (view.pool().targets().hitRatio() != null
                && hasEnoughTokens(view)
                && hitRatio < FELL_BELOW * view.hitRatioOfDay()) {
            problems.add(Problem.ofPool("hit-ratio-fell"));
        }
        if (view.grown(PoolSum.PREDICTED_TOKENS) >= ENOUGH_TOKENS && view.figure("deliveredShare") < DELIVERS) {
            problems.add(Problem.ofPool("hits-not-delivered", Diagnosis.percent(view.figure("deliveredShare"))));
        }
    }

    private static void ofSessions(PoolView view, List<Problem> problems) {
        if (view.grown(PoolSum.SESSION_REQUESTS) >= Diagnosis.ENOUGH_REQUESTS) {
            Double stays = view.pool().targets().stickiness();
            if (stays != null && view.figure("stickiness") < stays) {
                problems.add(Problem.ofPool("stickiness-low", Diagnosis.percent(view.figure("stickiness"))));
            }
            Double loses = view.pool().targets().losingHits();
            if (loses != null && view.figure("losingHits") > loses) {
                problems.add(Problem.ofPool("moves-lose-hits", Diagnosis.percent(view.figure("losingHits"))));
            }
        }
        double decisions = view.grown(PoolSum.DECISIONS);
        if (decisions >= Diagnosis.ENOUGH_REQUESTS
                && view.grown(PoolSum.DECISIONS_BY_SESSION) < MOST * decisions
                && hitsTooLittle(view)) {
            problems.add(Problem.ofPool("no-session-key"));
        }
        if (view.grown(PoolSum.DECISIONS_BY_ADDRESS) >= Diagnosis.ENOUGH_REQUESTS
                && view.addresses() == 1
                && view.status().totals().endpoints() > 1) {
            problems.add(Problem.ofPool("one-address", "one address"));
        }
    }

    /** Only whole blocks hit. */
    private static void ofPrompts(PoolView view, List<Problem> problems) {
        double requests = view.grown(PoolSum.REQUESTS);
        double tokens = view.grown(PoolSum.PROMPT_TOKENS);
        if (requests < Diagnosis.ENOUGH_REQUESTS || tokens == 0) {
            return;
        }
        Set<Integer> blockSizes = distinct(view, EndpointStatus::blockSizeTokens);
        if (blockSizes.stream().anyMatch(blockSize -> tokens / requests < blockSize)) {
            problems.add(Problem.ofPool("prompts-below-block", "%.0f tokens".formatted(tokens / requests)));
        }
    }

    private static void ofEngines(PoolView view, List<Problem> problems) {
        List<String> differences = new ArrayList<>();
        int versions = distinct(view, EndpointStatus::version).size();
        if (versions > 1) {
            differences.add(versions + " versions of vLLM");
        }
        int blockSizes = distinct(view, EndpointStatus::blockSizeTokens).size();
        if (blockSizes > 1) {
            differences.add(blockSizes + " block sizes");
        }
        if (!differences.isEmpty()) {
            problems.add(Problem.ofPool("engines-differ", String.join(" and ", differences)));
        }
    }

    private static boolean hitsTooLittle(PoolView view) {
        Double target = view.pool().targets().hitRatio();
        return target != null && hasEnoughTokens(view) && view.figure("hitRatio") < target;
    }

    private static boolean hasEnoughTokens(PoolView view) {
        return view.grown(PoolSum.QUERIED_TOKENS) >= ENOUGH_TOKENS;
    }

    private static <T> Set<T> distinct(PoolView view, Function<EndpointStatus, @Nullable T> said) {
        Set<T> values = new HashSet<>();
        for (EndpointStatus endpoint : view.status().endpoints()) {
            T value = said.apply(endpoint);
            if (value != null) {
                values.add(value);
            }
        }
        return values;
    }
}
