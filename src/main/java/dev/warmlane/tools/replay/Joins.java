package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.SharedPrefixes.Expectation;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that come while a replay runs. Their caches are empty; where the scenario says so, each is given what sessions share before it
 * takes requests.
 */
final class Joins {
    private static final int MAX_SHARED_BLOCKS = 65_536;
    /** How much of an empty cache is filled; the rest is for what its requests bring. */
    private static final double WARMED_SHARE = 0.6;
    /** What comes less often than four times an hour is left to those who ask for it. */
    private static final double WORTH_WARMING_PER_SECOND = 1 / 900.0;

    private final Fleet fleet;
    private final List<ReplayGateway> gateways;
    private final @Nullable Double prewarmSeconds;
    private final VirtualTime time;
    private final SharedPrefixes sharedPrefixes;
    private final JoinReport report = new JoinReport();
    private final Map<ReplayEndpoint, CacheWarming> warming = new HashMap<>();

    /**
     * @param gateways those of the replay, as soon as they are made
     * @param prewarmSeconds as {@link Scenario#prewarmSeconds}
     * @param prewarmBy as {@link Scenario#prewarmBy}
     */
    Joins(
            Fleet fleet,
            List<ReplayGateway> gateways,
            @Nullable Double prewarmSeconds,
            Expectation prewarmBy,
            VirtualTime time) {
        this.fleet = fleet;
        this.gateways = gateways;
        this.prewarmSeconds = prewarmSeconds;
        this.sharedPrefixes = new SharedPrefixes(MAX_SHARED_BLOCKS, prewarmBy);
        this.time = time;
    }

    /** A request has come with this prompt. */
    void arrived(LoadRequest request, PromptBlocks prompt) {
        if (prewarmSeconds != null) {
            report.arrived(request, sharedPrefixes.used(prompt, request.session(), time.now()));
        }
    }

    /** A request has been answered in full. */
    void answered(Arrival arrival, ReplayEndpoint endpoint, EngineSequence sequence) {
        if (prewarmSeconds != null) {
            report.answered(arrival, endpoint, sequence);
        }
    }

    /** An endpoint with an empty cache takes requests, once it has what it is to be given before. */
    void join(ReplayEndpoint endpoint) {
        if (prewarmSeconds == null || prewarmSeconds == 0) {
            fleet.announceTo(gateways);
            report.joined(endpoint, time.now(), 0);
            return;
        }
        long until = time.now() + VirtualTime.nanos(prewarmSeconds);
        CacheWarming begun = new CacheWarming(endpoint, until, this::warmed);
        warming.put(endpoint, begun);
        endpoint.warming(true);
        fleet.announceTo(gateways);
        begun.begin(worthWarming(endpoint), time.now());
    }

    private List<PromptBlocks> worthWarming(ReplayEndpoint endpoint) {
        Router router = gateways.get(0).router();
        return sharedPrefixes.best(
                (int) (WARMED_SHARE * fleet.cache().blocks()),
                WORTH_WARMING_PER_SECOND,
                fleet.endpoints().size() + 1,
                prompt -> router.heldElsewhere(endpoint.endpoint().id(), prompt),
                time.now());
    }

    private void warmed(ReplayEndpoint endpoint, CacheWarming over) {
        warming.remove(endpoint);
        fleet.announceTo(gateways);
        for (ReplayGateway gateway : gateways) {
            for (PromptBlocks prompt : over.warmed()) {
                gateway.router().warmed(endpoint.endpoint().id(), prompt);
            }
        }
        report.joined(endpoint, time.now(), over.computedTokens());
    }

    /** An endpoint is gone, or nobody needs it any more. */
    void giveUp(ReplayEndpoint endpoint) {
        CacheWarming begun = warming.remove(endpoint);
        if (begun != null) {
            begun.giveUp(time.now());
        }
    }

    /** How endpoints did that joined on the way. */
    List<FirstMinute> firstMinutes() {
        return report.firstMinutes();
    }

    /** Fills the cache of an endpoint, one prompt after the other, before it takes requests. */
    private static final class CacheWarming implements EngineRequest.Listener {
        private final ReplayEndpoint endpoint;
        private final long untilNanos;
        private final Done done;
        private final List<PromptBlocks> warmed = new ArrayList<>();
        private Iterator<PromptBlocks> prompts = Collections.emptyIterator();
        private @Nullable PromptBlocks current;
        private @Nullable EngineSequence sequence;
        private long computedTokens;

        /** Hears that it is over. */
        interface Done {
            void warmed(ReplayEndpoint endpoint, CacheWarming warming);
        }

        /**
         * @param untilNanos none begins later
         * @param done runs once it is over, unless it is given up
         */
        CacheWarming(ReplayEndpoint endpoint, long untilNanos, Done done) {
            this.endpoint = endpoint;
            this.untilNanos = untilNanos;
            this.done = done;
        }

        /** Begins, or ends at once where there is nothing to do. */
        void begin(List<PromptBlocks> worthWarming, long nowNanos) {
            prompts = worthWarming.iterator();
            next(nowNanos);
        }

        private void next(long nowNanos) {
            if (!prompts.hasNext() || nowNanos >= untilNanos) {
                endpoint.warming(false);
                done.warmed(endpoint, this);
                return;
            }
            current = prompts.next();
            long[] hashes = new long[current.length()];
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = current.hash(i);
            }
            int tokens = (int) (current.bytes() / LoadRequest.BYTES_PER_TOKEN);
            sequence =
                    endpoint.engine().submit(new EngineRequest(tokens, 1, hashes, FinishReason.LENGTH, this), nowNanos);
        }

        /** The endpoint is gone, or nobody needs it any more. */
        void giveUp(long nowNanos) {
            if (sequence != null) {
                endpoint.engine().cancel(sequence, nowNanos);
            }
        }

        @Override
        public void finished(EngineSequence ended, FinishReason reason, long nowNanos) {
            if (reason == FinishReason.ABORT || current == null) {
                return;
            }
            computedTokens += ended.request().promptTokens() - ended.cachedTokens();
            warmed.add(current);
            next(nowNanos);
        }

        /** What the cache holds now. */
        List<PromptBlocks> warmed() {
            return warmed;
        }

        /** Prompt tokens that this has cost. */
        long computedTokens() {
            return computedTokens;
        }
    }
}
