package dev.warmlane.ops.dashboard;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.routing.EndpointTallies;
import dev.warmlane.core.routing.EndpointTallies.Silence;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.EndpointStatus.ScrapeStatus;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Judges what is wrong with a pool, by the rules that the alerts follow too. Shares are judged once there are enough requests
 * to mean something. Stateless.
 */
final class Diagnosis {
    private static final double ENOUGH_REQUESTS = 20;

    private static final double IMBALANCED = 2;
    private static final int BUSY = 4;
    private static final double KV_FULL = 0.95;
    private static final double FAILS = 0.01;
    private static final double ENOUGH_TOKENS = 50_000;
    private static final double DELIVERS = 0.8;
    private static final double FELL_BELOW = 0.8;
    private static final double MOST = 0.5;

    private static final long LONG_SILENCE_MILLIS = 10_000;

    List<Problem> of(PoolView view) {
        List<Problem> problems = new ArrayList<>();
        if (view.status().totals().selectable() == 0) {
            problems.add(Problem.ofPool("no-selectable-endpoint"));
        } else if (view.status().panic()) {
            problems.add(Problem.ofPool("panic-mode"));
        }
        if (view.grown(PoolSum.UNRETRIED) > 0) {
            problems.add(Problem.ofPool("retry-budget-exhausted"));
        }
        if (view.pool().isDiscoveryStale()) {
            problems.add(Problem.ofPool("discovery-stale"));
        }
        ofRequests(view, problems);
        ofCaches(view, problems);
        for (String bundle : view.expiringBundles()) {
            problems.add(Problem.ofPool("certificate-expiring", "A certificate of SSL bundle " + bundle));
        }
        for (EndpointStatus endpoint : view.status().endpoints()) {
            ofEndpoint(endpoint, view, problems);
        }
        ofDeliveries(view, problems);
        return problems;
    }

    private void ofRequests(PoolView view, List<Problem> problems) {
        if (view.grown(PoolSum.REQUESTS) >= ENOUGH_REQUESTS) {
            if (view.figure("failedShare") > FAILS) {
                problems.add(Problem.ofPool("errors", percent(view.figure("failedShare"))));
            }
            if (view.figure("rejectedShare") > FAILS) {
                problems.add(Problem.ofPool("rate-limited", percent(view.figure("rejectedShare"))));
            }
        }
        Double slow = view.pool().targets().ttftSeconds();
        if (slow != null && view.streams() >= ENOUGH_REQUESTS && view.figure("ttftP90") > slow) {
            problems.add(Problem.ofPool("ttft-slow", seconds(view.figure("ttftP90"))));
        }
        if (view.figure("queued") >= 1) {
            problems.add(Problem.ofPool("queue-growing", String.format(Locale.ROOT, "%.0f", view.figure("queued"))));
        }
        int selectable = view.status().totals().selectable();
        double imbalance = view.grown(PoolSum.MOST_IN_FLIGHT) * selectable / view.grown(PoolSum.IN_FLIGHT);
        // Where the mean endpoint has little to do, it does no harm that one has more.
        if (imbalance > IMBALANCED && view.figure("inFlight") > (float) BUSY * selectable) {
            problems.add(Problem.ofPool("load-imbalance", String.format(Locale.ROOT, "%.1f", imbalance)));
        }
    }

    /** How warm the caches are, and what keeps them from hitting. */
    private static void ofCaches(PoolView view, List<Problem> problems) {
        ofHits(view, problems);
        ofSessions(view, problems);
        ofPrompts(view, problems);
        ofEngines(view, problems);
    }

    private static void ofHits(PoolView view, List<Problem> problems) {
        float hitRatio = view.figure("hitRatio");
        if (hitsTooLittle(view)) {
            problems.add(Problem.ofPool("hit-ratio-low", percent(hitRatio)));
        }
        if (view.pool().targets().hitRatio() != null
                && hasEnoughTokens(view)
                && hitRatio < FELL_BELOW * view.hitRatioOfDay()) {
            problems.add(Problem.ofPool("hit-ratio-fell"));
        }
        if (view.grown(PoolSum.PREDICTED_TOKENS) >= ENOUGH_TOKENS && view.figure("deliveredShare") < DELIVERS) {
            problems.add(Problem.ofPool("hits-not-delivered", percent(view.figure("deliveredShare"))));
        }
    }

    private static void ofSessions(PoolView view, List<Problem> problems) {
        if (view.grown(PoolSum.SESSION_REQUESTS) >= ENOUGH_REQUESTS) {
            Double stays = view.pool().targets().stickiness();
            if (stays != null && view.figure("stickiness") < stays) {
                problems.add(Problem.ofPool("stickiness-low", percent(view.figure("stickiness"))));
            }
            Double loses = view.pool().targets().losingHits();
            if (loses != null && view.figure("losingHits") > loses) {
                problems.add(Problem.ofPool("moves-lose-hits", percent(view.figure("losingHits"))));
            }
        }
        double decisions = view.grown(PoolSum.DECISIONS);
        if (decisions >= ENOUGH_REQUESTS
                && view.grown(PoolSum.DECISIONS_BY_SESSION) < MOST * decisions
                && hitsTooLittle(view)) {
            problems.add(Problem.ofPool("no-session-key"));
        }
        if (view.grown(PoolSum.DECISIONS_BY_ADDRESS) >= ENOUGH_REQUESTS
                && view.addresses() == 1
                && view.status().totals().endpoints() > 1) {
            problems.add(Problem.ofPool("one-address", "one address"));
        }
    }

    /** Only whole blocks hit. Engines count the tokens of other gateways' prompts, too, so those of responses are taken, which are our own. */
    private static void ofPrompts(PoolView view, List<Problem> problems) {
        double prompts = view.grown(PoolSum.REPORTED_PROMPTS);
        double mean = view.grown(PoolSum.TOKENS_OF_REPORTED_PROMPTS) / prompts;
        Set<Integer> blockSizes = distinct(view, EndpointStatus::blockSizeTokens);
        if (prompts >= ENOUGH_REQUESTS && blockSizes.stream().anyMatch(blockSize -> mean < blockSize)) {
            problems.add(Problem.ofPool("prompts-below-block", String.format(Locale.ROOT, "%.0f tokens", mean)));
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

    private static void ofEndpoint(EndpointStatus endpoint, PoolView view, List<Problem> problems) {
        if (endpoint.ejection() != null) {
            problems.add(Problem.ofEndpoint("endpoint-ejected", endpoint.name()));
        } else if (!EndpointState.UNREADY.label().equals(endpoint.state()) && isSilent(endpoint.scrape())) {
            problems.add(Problem.ofEndpoint("scrape-failing", endpoint.name()));
        }
        Double usage = endpoint.kvCacheUsage();
        Long waiting = endpoint.waiting();
        if (usage != null && waiting != null && usage > KV_FULL && waiting > 0) {
            problems.add(new Problem("kv-cache-full", endpoint.name(), percent(usage)));
        }
        if (view.pool().targets().hitRatio() != null && Boolean.FALSE.equals(endpoint.prefixCaching())) {
            problems.add(Problem.ofEndpoint("prefix-caching-off", endpoint.name()));
        }
    }

    /** One scrape that fails is nothing. */
    private static boolean isSilent(ScrapeStatus scrape) {
        Long silentMillis = scrape.silentMillis();
        return scrape.error() != null && silentMillis != null && silentMillis > LONG_SILENCE_MILLIS;
    }

    private static void ofDeliveries(PoolView view, List<Problem> problems) {
        EndpointTallies tallies = view.pool().router().tallies();
        for (Endpoint endpoint : view.pool().endpoints().snapshot().endpoints()) {
            if (tallies.of(endpoint.id()).silence() != Silence.NONE) {
                problems.add(Problem.ofEndpoint("hits-not-reported", endpoint.name()));
            }
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f s", seconds);
    }
}
