package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An endpoint with its engine and the requests that it is working on. */
final class ReplayEndpoint {
    private final int place;
    private final Endpoint endpoint;
    private final SimulatedEngine engine;
    private final Set<Attempt> requests = new LinkedHashSet<>();
    private @Nullable CacheWarming warming;

    /** When its network interface has carried what it carries now. */
    long interfaceFreeNanos;

    /**
     * @param place stays the same for what takes its place after a restart
     * @param incarnation tells those apart
     * @param role what it computes
     */
    ReplayEndpoint(int place, int incarnation, Role role, SimulatedEngine engine) {
        this.place = place;
        this.engine = engine;
        String name = "pod-%d-%d".formatted(place, incarnation);
        this.endpoint = new Endpoint(
                        new EndpointId(name), name, URI.create("http://%s:8000".formatted(name)), EndpointState.READY)
                .withRole(role);
    }

    int place() {
        return place;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    SimulatedEngine engine() {
        return engine;
    }

    /** What fills its cache before it takes requests; null once it does. */
    @Nullable
    CacheWarming warming() {
        return warming;
    }

    void warming(@Nullable CacheWarming now) {
        warming = now;
    }

    void begin(Attempt request) {
        requests.add(request);
    }

    void end(Attempt request) {
        requests.remove(request);
    }

    /** The requests it is working on, in the order they came; a copy. */
    List<Attempt> requests() {
        return List.copyOf(requests);
    }

    /** @throws IllegalStateException if its engine still runs, or holds a block for, any request */
    void checkIdle() {
        EngineStats stats = engine.stats();
        if (!requests.isEmpty() || stats.running() != 0 || stats.waiting() != 0 || stats.kvCacheUsage() != 0) {
            throw new IllegalStateException(
                    "%s: %d requests, %d running, %d waiting, %s of the blocks held (expected: 0)"
                            .formatted(
                                    endpoint.name(),
                                    requests.size(),
                                    stats.running(),
                                    stats.waiting(),
                                    stats.kvCacheUsage()));
        }
    }

    /** Fills the cache of an endpoint, one prompt after the other, before it takes requests. */
    static final class CacheWarming implements EngineRequest.Listener {
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
                endpoint.warming(null);
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
